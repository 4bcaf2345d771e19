import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { expect, test } from "vitest";
import { createClientAddress } from "./client-address.ts";

const requestFrom = (peer: string, forwarded?: string) => {
  const socket = new Socket();
  Object.defineProperty(socket, "remoteAddress", { value: peer });
  const request = new IncomingMessage(socket);
  if (forwarded !== undefined) request.headers["x-forwarded-for"] = forwarded;
  return request;
};

test.each([
  ["without a proxy of ours the header proves nothing", undefined, "203.0.113.9", "1.2.3.4", "203.0.113.9"],
  ["a proxy's word is taken", ["10.0.0.0/8"], "10.0.0.1", "203.0.113.9", "203.0.113.9"],
  [
    "what the client wrote before it is not",
    ["10.0.0.0/8"],
    "10.0.0.1",
    "1.2.3.4, 203.0.113.9",
    "203.0.113.9",
  ],
  ["several proxies of ours", ["10.0.0.0/8"], "10.0.0.1", "203.0.113.9, 10.0.0.7", "203.0.113.9"],
  ["nonsense ends the search", ["10.0.0.0/8"], "10.0.0.1", "203.0.113.9, unknown", "10.0.0.1"],
  ["no header", ["10.0.0.0/8"], "10.0.0.1", undefined, "10.0.0.1"],
  ["a stranger's header", ["10.0.0.0/8"], "192.0.2.1", "203.0.113.9", "192.0.2.1"],
])("%s", (_what, proxies, peer, header, expected) => {
  expect(createClientAddress(proxies)(requestFrom(peer, header))).toBe(expected);
});
