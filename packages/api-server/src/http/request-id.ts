import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";

const sane = /^[A-Za-z0-9][A-Za-z0-9._-]{7,127}$/;

/** The id of a request: the caller's `x-request-id` when it is 8 to 128 plain characters, else a fresh UUID. */
export const requestIdOf = (request: Pick<IncomingMessage, "headers">): string => {
  const given = request.headers["x-request-id"];
  return typeof given === "string" && sane.test(given) ? given : randomUUID();
};
