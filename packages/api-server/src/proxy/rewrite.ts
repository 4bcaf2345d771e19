import type { Field, RequestHead, ResponseHead } from "./head.ts";
import { ownCookies, tokenHeader } from "./names.ts";

/** What the rewriting of one app's messages depends on. */
export interface RewriteSettings {
  /** The platform's session cookie, which no app may see or set. */
  readonly sessionCookie: string;
  /** Origin of the app as the browser has it: `http://8080--alice-59936c3.localhost:9101`. */
  readonly publicOrigin: string;
  /** `localhost:8080`: what the app is told is its host. */
  readonly localHost: string;
  /** `http://localhost:8080`, or https for an app of that protocol. */
  readonly localOrigin: string;
  /** Origins whose pages may read this app with the browser's cookie. Undefined: the app's own headers count. */
  readonly cors: readonly string[] | undefined;
}

/** Facts of one request that the app is told. */
export interface Caller {
  readonly address: string;
  /** Undefined where nobody is signed in: public ports and links. */
  readonly username: string | undefined;
  /** `Authorization` holds a token of ours. */
  readonly hidesAuthorization: boolean;
}

/** Fields of one hop (RFC 9110 section 7.6.1); what is upgraded or framed is written again by us. */
const hopByHop: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "proxy-authenticate",
  "proxy-authorization",
  "te",
  "upgrade",
  "http2-settings",
]);

/** What proxies say about the client. A client's own are lies: ours are set instead. */
const aboutClient =
  /^(?:forwarded|x-forwarded-.*|x-real-ip|x-client-ip|x-original-.*|x-rewrite-url|true-client-ip|cf-connecting-ip|via|x-k8shell-.*|k8shell-.*)$/;

/**
 * What an app must not say to proxies and browsers: `X-Accel-Redirect` makes nginx read its own files, `Clear-Site-Data`
 * and `Alt-Svc` reach beyond the app's host.
 */
const refusedInResponse: ReadonlySet<string> = new Set([
  "x-accel-redirect",
  "x-accel-charset",
  "x-accel-expires",
  "x-accel-limit-rate",
  "x-sendfile",
  "x-lighttpd-send-file",
  "x-reproxy-url",
  "clear-site-data",
  "alt-svc",
]);

const withoutOwnCookies = (value: string, sessionCookie: string): string => {
  if (!value.includes("k8shell") && !value.includes(sessionCookie)) return value;
  return value
    .split(";")
    .map((part) => part.trim())
    .filter((part) => {
      const name = part.split("=", 1)[0]?.trim() ?? "";
      return part !== "" && !ownCookies.has(name) && name !== sessionCookie;
    })
    .join("; ");
};

/** Only what is set for the app's own host, and none of our names. */
const cookieForHost = (value: string, sessionCookie: string): string | undefined => {
  const [pair = "", ...attributes] = value.split(";");
  const name = pair.split("=", 1)[0]?.trim() ?? "";
  // A browser takes a cookie without a name for the name in its value.
  const nameless = name === "" ? pair.slice(pair.indexOf("=") + 1).trim() : "";
  for (const own of [...ownCookies, sessionCookie]) {
    if (name.toLowerCase() === own.toLowerCase() || nameless.toLowerCase().startsWith(own.toLowerCase())) {
      return undefined;
    }
  }
  const kept = attributes.filter((attribute) => !/^\s*domain\s*(?:=|$)/i.test(attribute));
  return kept.length === attributes.length ? value : [pair, ...kept].join(";");
};

const isDropped = (name: string, connection: ReadonlySet<string>): boolean =>
  hopByHop.has(name) || connection.has(name);

/** Builds the rewriting of one app's heads. What comes out goes on the wire as latin1. */
export const createRewriter = (settings: RewriteSettings) => {
  const { sessionCookie, publicOrigin, localHost, localOrigin, cors } = settings;
  const scheme = publicOrigin.startsWith("https:") ? "https" : "http";
  const publicHost = publicOrigin.slice(publicOrigin.indexOf("//") + 2);
  const about = `x-forwarded-host: ${publicHost}\r\nx-forwarded-proto: ${scheme}\r\n`;
  const local = new RegExp(
    `^https?://(?:localhost|127\\.0\\.0\\.1|\\[::1\\])${localHost.slice(localHost.indexOf(":"))}(?=[/?#]|$)`,
    "i",
  );

  return {
    /** The head as the app gets it. */
    request(head: RequestHead, { address, username, hidesAuthorization }: Caller): string {
      let text = `${head.method} ${head.target} HTTP/1.1\r\nhost: ${localHost}\r\n`;
      let wantsTrailers = false;
      for (const { name, written, value } of head.fields) {
        if (name === "te") wantsTrailers ||= value.toLowerCase().includes("trailers");
        if (name === "host" || name === tokenHeader || isDropped(name, head.connection)) continue;
        // Many apps take X_Forwarded_For for X-Forwarded-For.
        if (name.includes("_") || aboutClient.test(name)) continue;
        if (hidesAuthorization && name === "authorization") continue;
        if (name === "cookie") {
          const cookies = withoutOwnCookies(value, sessionCookie);
          if (cookies !== "") text += `${written}: ${cookies}\r\n`;
        } else if (name === "origin" && value === publicOrigin) text += `${written}: ${localOrigin}\r\n`;
        else if (name === "referer" && value.startsWith(`${publicOrigin}/`)) {
          text += `${written}: ${localOrigin}${value.slice(publicOrigin.length)}\r\n`;
        } else text += `${written}: ${value}\r\n`;
      }
      text += `x-forwarded-for: ${address}\r\n${about}`;
      if (username !== undefined) text += `x-k8shell-user: ${username}\r\n`;
      if (head.upgrade) text += "connection: upgrade\r\nupgrade: websocket\r\n";
      else if (wantsTrailers) text += "connection: te\r\nte: trailers\r\n";
      return `${text}\r\n`;
    },

    /**
     * The head as the client gets it.
     * @param close tell the client that the connection ends with this response
     * @param origin `Origin` of the request, for the port's CORS policy
     */
    response(head: ResponseHead, close: boolean, origin: string | undefined): string {
      let text = `HTTP/1.1 ${head.status} ${head.reason}\r\n`;
      const corsOrigin = origin !== undefined && cors?.includes(origin) ? origin : undefined;
      for (const field of head.fields) {
        const line = responseField(field, head);
        if (line !== undefined) text += line;
      }
      if (corsOrigin !== undefined) {
        text += `access-control-allow-origin: ${corsOrigin}\r\naccess-control-allow-credentials: true\r\nvary: Origin\r\n`;
      }
      if (head.status === 101) text += "connection: upgrade\r\nupgrade: websocket\r\n";
      else if (close) text += "connection: close\r\n";
      return `${text}\r\n`;
    },
  };

  function responseField({ name, written, value }: Field, head: ResponseHead): string | undefined {
    if (isDropped(name, head.connection) || refusedInResponse.has(name)) return undefined;
    if (cors !== undefined && name.startsWith("access-control-")) return undefined;
    // A status without a body must not announce one that the client would wait for.
    if (
      (head.status < 200 || head.status === 204) &&
      (name === "content-length" || name === "transfer-encoding")
    )
      return undefined;
    if (name === "set-cookie") {
      const cookie = cookieForHost(value, sessionCookie);
      return cookie === undefined ? undefined : `${written}: ${cookie}\r\n`;
    }
    if (name === "location" || name === "content-location") {
      return `${written}: ${value.replace(local, publicOrigin)}\r\n`;
    }
    return `${written}: ${value}\r\n`;
  }
};

export type Rewriter = ReturnType<typeof createRewriter>;
