import { HeadError } from "./head-error.ts";

/** A header field as it was written. */
export interface Field {
  /** Lower case. */
  readonly name: string;
  readonly written: string;
  readonly value: string;
}

/** How the end of a body is known (RFC 9112 section 6). */
export type Framing =
  | { readonly kind: "none" }
  | { readonly kind: "length"; readonly bytes: number }
  | { readonly kind: "chunked" }
  /** Responses only: to the end of the connection. */
  | { readonly kind: "close" };

/** A request head that every parser reads alike; others are refused. */
export interface RequestHead {
  readonly method: string;
  /** Origin form: begins with a slash; `*` for OPTIONS. */
  readonly target: string;
  readonly host: string;
  readonly fields: readonly Field[];
  readonly framing: Framing;
  /** Names that `Connection` lists, lower case. */
  readonly connection: ReadonlySet<string>;
  /** Asks for a WebSocket. */
  readonly upgrade: boolean;
  /** The client wants no further request on this connection. */
  readonly close: boolean;
  readonly expectsContinue: boolean;
}

export interface ResponseHead {
  readonly status: number;
  readonly reason: string;
  readonly fields: readonly Field[];
  readonly framing: Framing;
  readonly connection: ReadonlySet<string>;
  /** The app takes no further request on this connection. */
  readonly close: boolean;
}

/** Largest head, bytes: as much as the API's own server takes. */
export const maxHeadBytes = 32 << 10;
const maxFields = 256;

// Origin form only, visible ASCII: no absolute form, no fragment, no controls or spaces (RFC 9112 section 3.2).
const requestLine = /([!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}) (\/[!"$-~]*|\*) HTTP\/1\.1\r\n/y;
const anyRequestLine = /^[^\r\n]* HTTP\/(\d)\.(\d)\r\n/;
const statusLine = /HTTP\/1\.([01]) ([1-9][0-9][0-9])(?: ([\t\x20-\x7e\x80-\xff]*))?\r\n/y;
// The name ends at the colon, the value at CRLF; neither can hold a bare CR, LF or NUL, and no line begins with a space.
const fieldLine = /([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)\r\n/y;
const digits = /^[0-9]{1,15}$/;

const none: Framing = { kind: "none" };
const chunked: Framing = { kind: "chunked" };
const untilClose: Framing = { kind: "close" };
const noNames: ReadonlySet<string> = new Set();

interface Fields {
  readonly fields: Field[];
  readonly connection: ReadonlySet<string>;
  readonly length: number | undefined;
  readonly chunked: boolean;
  readonly host: string | undefined;
  readonly expect: string | undefined;
  readonly upgrade: string | undefined;
}

const trimEnd = (value: string): string => {
  const last = value.charCodeAt(value.length - 1);
  return last === 0x20 || last === 0x09 ? value.trimEnd() : value;
};

const once = (known: unknown, name: string): void => {
  if (known !== undefined) throw new HeadError(400, `The header ${name} must be sent once only.`);
};

/** Reads the field lines from `at` to the empty line that ends `text`. */
const readFields = (text: string, at: number): Fields => {
  const fields: Field[] = [];
  let connection: Set<string> | undefined;
  let length: number | undefined;
  let isChunked: true | undefined;
  let host: string | undefined;
  let expect: string | undefined;
  let upgrade: string | undefined;
  fieldLine.lastIndex = at;
  const end = text.length - 2;
  while (fieldLine.lastIndex < end) {
    const match = fieldLine.exec(text);
    if (!match) throw new HeadError(400, "A header line is not valid.");
    const [, written = "", raw = ""] = match;
    const name = written.toLowerCase();
    const value = trimEnd(raw);
    switch (name) {
      case "host":
        once(host, "Host");
        host = value;
        break;
      case "content-length":
        once(length, "Content-Length");
        if (!digits.test(value)) throw new HeadError(400, "Content-Length must be one number.");
        length = Number(value);
        break;
      case "transfer-encoding":
        once(isChunked, "Transfer-Encoding");
        if (value.toLowerCase() !== "chunked") {
          throw new HeadError(400, "The only Transfer-Encoding understood is chunked.");
        }
        isChunked = true;
        break;
      case "expect":
        once(expect, "Expect");
        expect = value.toLowerCase();
        break;
      case "upgrade":
        once(upgrade, "Upgrade");
        upgrade = value.toLowerCase();
        break;
      case "connection":
        connection ??= new Set();
        for (const token of value.toLowerCase().split(",")) connection.add(token.trim());
        break;
      default:
    }
    fields.push({ name, written, value });
    if (fields.length > maxFields) throw new HeadError(431, `More than ${maxFields} header lines.`);
  }
  if (fieldLine.lastIndex !== end) throw new HeadError(400, "A header line is not valid.");
  if (length !== undefined && isChunked) {
    throw new HeadError(400, "Content-Length and Transfer-Encoding exclude each other.");
  }
  return {
    fields,
    connection: connection ?? noNames,
    length,
    chunked: isChunked === true,
    host,
    expect,
    upgrade,
  };
};

/** What a hop's `Connection` must not take away: message ends and routes depend on it. */
const neverHopByHop = [
  "host",
  "content-length",
  "cookie",
  "authorization",
  "k8shell-authorization",
  "origin",
];

const refuseRequestLine = (text: string): never => {
  const version = anyRequestLine.exec(text);
  if (version && `${version[1]}.${version[2]}` !== "1.1") {
    throw new HeadError(505, "Speak HTTP/1.1 to this address.");
  }
  throw new HeadError(400, "The request line is not valid.");
};

/**
 * Reads a request head.
 * @param text the head as latin1, its final empty line included
 * @throws HeadError for what is not valid, and for everything that two parsers could read in two ways
 */
export const parseRequestHead = (text: string): RequestHead => {
  requestLine.lastIndex = 0;
  const line = requestLine.exec(text);
  if (!line) return refuseRequestLine(text);
  const [whole, method = "", target = ""] = line;
  if (method === "CONNECT" || method === "TRACE") {
    throw new HeadError(405, `${method} is not served here.`);
  }
  if (target === "*" && method !== "OPTIONS") throw new HeadError(400, "The request line is not valid.");
  const read = readFields(text, whole.length);
  const { connection, expect, upgrade } = read;
  if (read.host === undefined) throw new HeadError(400, "The header Host is missing.");
  if (expect !== undefined && expect !== "100-continue") {
    throw new HeadError(417, "The only expectation understood is 100-continue.");
  }
  for (const name of neverHopByHop) {
    if (connection.has(name)) throw new HeadError(400, `Connection must not list ${name}.`);
  }
  const framing: Framing = read.chunked
    ? chunked
    : read.length === undefined || read.length === 0
      ? none
      : { kind: "length", bytes: read.length };
  const isUpgrade = upgrade === "websocket" && connection.has("upgrade");
  if (isUpgrade && (method !== "GET" || framing.kind !== "none")) {
    throw new HeadError(400, "A WebSocket handshake is a GET without a body.");
  }
  return {
    method,
    target,
    host: read.host,
    fields: read.fields,
    framing,
    connection,
    upgrade: isUpgrade,
    close: connection.has("close"),
    expectsContinue: expect !== undefined,
  };
};

/**
 * Reads a response head.
 * @param text the head as latin1, its final empty line included
 * @param method of the request, because answers to HEAD have no body
 * @throws HeadError as for requests
 */
export const parseResponseHead = (text: string, method: string): ResponseHead => {
  statusLine.lastIndex = 0;
  const line = statusLine.exec(text);
  if (!line) throw new HeadError(502, "The status line is not valid.");
  const [whole, minor, code, reason = ""] = line;
  const read = readFields(text, whole.length);
  const status = Number(code);
  const { connection } = read;
  const old = minor === "0";
  if (old && read.chunked) throw new HeadError(502, "HTTP/1.0 has no chunks.");
  const hasNone = method === "HEAD" || status < 200 || status === 204 || status === 304;
  const framing: Framing = hasNone
    ? none
    : read.chunked
      ? chunked
      : read.length === undefined
        ? untilClose
        : read.length === 0
          ? none
          : { kind: "length", bytes: read.length };
  const close = connection.has("close") || (old && !connection.has("keep-alive"));
  return { status, reason, fields: read.fields, framing, connection, close };
};
