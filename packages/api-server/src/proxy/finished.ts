import type { Logger } from "pino";
import { type AccessLog, withoutSecrets } from "../http/access-log.ts";
import type { AppPlace } from "./grant.ts";
import type { Field, RequestHead } from "./head.ts";

/** A request to an app host that is over, or a WebSocket that has begun. */
export interface FinishedAppRequest {
  readonly requestId: string;
  readonly head: RequestHead;
  /** Undefined for what was not admitted. */
  readonly place: AppPlace | undefined;
  readonly username: string | undefined;
  /** 499: the client left before the answer. */
  readonly status: number;
  /** Headers of the app's answer. */
  readonly answerFields: readonly Field[];
  readonly seconds: number;
  /** Sent to the client for it. */
  readonly bytes: number;
  readonly clientIp: string;
}

const namedFields = (fields: readonly Field[]) =>
  withoutSecrets(Object.fromEntries(fields.map(({ name, value }) => [name, value])));

/** Writes a line for each request, with the same fields as the API's access log. */
export const createAppAccessLog =
  ({ requestHeaders, responseHeaders }: AccessLog, log: Logger) =>
  (finished: FinishedAppRequest): void => {
    const { requestId, head, place, username, status, answerFields, seconds, bytes, clientIp } = finished;
    log.info(
      {
        requestId,
        method: head.method,
        host: head.host,
        path: head.target.split("?", 1)[0],
        route: "app",
        workspace: place?.workspace,
        port: place?.port,
        status,
        user: username,
        clientIp,
        bytes,
        ms: Math.round(seconds * 1000),
        ...(requestHeaders ? { requestHeaders: namedFields(head.fields) } : {}),
        ...(responseHeaders ? { responseHeaders: namedFields(answerFields) } : {}),
      },
      "request",
    );
  };
