import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";

const sane = /^[A-Za-z0-9][A-Za-z0-9._-]{7,127}$/;
/** Version, trace id, parent id, flags (W3C Trace Context, section 3.2). */
const traceParent = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}/;

type Headers = Pick<IncomingMessage, "headers">;

/** The caller's `x-request-id` when it is 8 to 128 plain characters. */
export const givenRequestId = ({ headers }: Headers): string | undefined => {
  const given = headers["x-request-id"];
  return typeof given === "string" && sane.test(given) ? given : undefined;
};

/** The id of a request: the caller's, else the id of the caller's trace, else a fresh UUID. */
export const requestIdOf = (request: Headers): string => {
  const given = givenRequestId(request);
  if (given !== undefined) return given;
  const { traceparent } = request.headers;
  const traceId = typeof traceparent === "string" ? traceParent.exec(traceparent)?.[1] : undefined;
  return traceId ?? randomUUID();
};
