import type { Socket } from "node:net";
import { type ErrorCode, errorStatus } from "@k8shell/contract";
import { ApiError } from "./api-error.ts";
import { closeLingering } from "./lingering-close.ts";
import { requestIdOf } from "./request-id.ts";
import { errorBody } from "./respond.ts";

/** Answers to bytes that are not a request: there is no request object, only a socket. */
const clientErrors: Readonly<Record<string, { code: ErrorCode; text: string; phrase: string }>> = {
  HPE_HEADER_OVERFLOW: {
    code: "headers_too_large",
    text: "The request's headers are too large.",
    phrase: "Request Header Fields Too Large",
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    code: "timeout",
    text: "The request did not arrive in time.",
    phrase: "Request Timeout",
  },
};
const malformed = { code: "bad_request", text: "The request is malformed.", phrase: "Bad Request" } as const;

/** Answers bytes that were no request with the error body of the API, and closes the connection. */
export const answerClientError = (error: NodeJS.ErrnoException, socket: Socket): void => {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const { code, text, phrase } = clientErrors[error.code ?? ""] ?? malformed;
  const failure = new ApiError(code, text);
  const body = errorBody(failure, requestIdOf({ headers: {} }));
  socket.write(
    `HTTP/1.1 ${code === "timeout" ? 408 : errorStatus[code]} ${phrase}\r\ncontent-type: application/json; charset=utf-8\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
  closeLingering(socket);
};
