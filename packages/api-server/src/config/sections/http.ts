import { boolean, choice, httpUrl, integer, list, optional, section, text, withDefault } from "../fields.ts";

const day = 86_400;

const cookie = section("The session cookie.", {
  name: withDefault(text(), "k8shell-session", "name of the session cookie"),
  secure: withDefault(boolean(), false, "send it over https only; set it behind TLS"),
  httpOnly: withDefault(boolean(), true, "keep it from the scripts of pages"),
  sameSite: withDefault(
    choice("Strict", "Lax", "None"),
    "Lax",
    "whether it goes with requests that another site causes: `Strict`, `Lax` or `None`",
  ),
  maxAgeSeconds: withDefault(integer(1, 3650 * day), day, "life of the cookie"),
  path: withDefault(text(), "/", "path of the cookie"),
  domain: optional(text(), "a shared domain sends the session to workspace apps too: avoid it", {
    otherwise: "none: this host only",
  }),
});

const logging = section("One log line per request.", {
  enabled: withDefault(boolean(), false, "log requests"),
  requestHeaders: withDefault(boolean(), false, "with request headers (never credentials)"),
  responseHeaders: withDefault(boolean(), false, "with response headers (never cookies)"),
});

export const http = section("The HTTP server.", {
  port: withDefault(integer(0, 65_535), 9101, "port of HTTP; 0 takes a free one"),
  bind: withDefault(
    text(),
    "127.0.0.1",
    "address to listen on; `0.0.0.0` or `::` for all (the image's default)",
  ),
  publicUrl: optional(
    httpUrl(),
    "address of this server as users see it, e.g. `https://k8shell.example.org`; with a path when a proxy in front takes that away, e.g. `https://example.org/k8shell`",
    {
      otherwise: "where it listens",
    },
  ),
  publicOrigins: optional(
    list(),
    "further origins whose pages may use the session cookie and call the API, e.g. of a Console served elsewhere",
    {
      otherwise: "none",
    },
  ),
  hosts: optional(list(), "further host names to answer to; `*.example.org` for all below one, `*` for any", {
    otherwise: "see below",
  }),
  trustedProxies: optional(
    list(),
    "address ranges of the proxies in front, whose `X-Forwarded-For` tells the client's address",
    { otherwise: "none: the connection's peer is the client" },
  ),
  shutdownGraceSeconds: withDefault(
    integer(0, 3600),
    10,
    "seconds that running requests get when the server stops",
  ),
  drainDelaySeconds: withDefault(
    integer(0, 3600),
    0,
    "seconds between readiness going off and connections being refused, for load balancers to notice",
  ),
  cookie,
  logging,
});
