import type { IncomingMessage } from "node:http";
import { afterOwnTime } from "@k8shell/contract";
import { ApiError } from "./api-error.ts";

export interface BodyLimits {
  /** Largest body accepted, bytes. */
  readonly maxBytes: number;
  /** Milliseconds the client may take to send it. */
  readonly timeoutMs: number;
}

/** Does the request announce a body at all? */
export const hasBody = (request: IncomingMessage): boolean => {
  const length = request.headers["content-length"];
  return request.headers["transfer-encoding"] !== undefined || (length !== undefined && length !== "0");
};

const tooLarge = (maxBytes: number) =>
  new ApiError("payload_too_large", `The request body is larger than ${maxBytes} bytes.`, {
    headers: { connection: "close" },
  });

/**
 * Reads a small body whole.
 * @throws ApiError payload_too_large, timeout, client_closed_request
 */
export const readBody = (request: IncomingMessage, { maxBytes, timeoutMs }: BodyLimits): Promise<Buffer> => {
  if (!hasBody(request)) return Promise.resolve(Buffer.alloc(0));
  if (Number(request.headers["content-length"] ?? 0) > maxBytes) return Promise.reject(tooLarge(maxBytes));
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const settle = (error: ApiError | undefined) => {
      stopWaiting();
      request.off("data", onData).off("end", onEnd).off("close", onClose).off("error", onClose);
      if (error) {
        request.pause();
        reject(error);
      } else resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, size));
    };
    const onData = (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxBytes) settle(tooLarge(maxBytes));
      else chunks.push(chunk);
    };
    const onEnd = () => settle(undefined);
    const onClose = () => settle(new ApiError("client_closed_request", "The request body was cut off."));
    const stopWaiting = afterOwnTime(timeoutMs, () =>
      settle(
        new ApiError("timeout", "The request body did not arrive in time.", {
          headers: { connection: "close" },
        }),
      ),
    );
    request.on("data", onData).on("end", onEnd).on("close", onClose).on("error", onClose);
  });
};

/** Media type of a request, lower case, without parameters; empty when there is none. */
export const mediaTypeOf = (request: IncomingMessage): string =>
  (request.headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";

const forbiddenKeys: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

/** `JSON.parse` that drops keys which could reach a prototype. */
const parseJson = (text: string): unknown =>
  JSON.parse(
    text,
    text.includes("__proto__") || text.includes("constructor")
      ? (key, value) => (forbiddenKeys.has(key) ? undefined : value)
      : undefined,
  );

/**
 * A parsed JSON or form body; undefined when the body is empty, or JSON's `null`, which clients written in Go send for a
 * body that they have not. A body without a content type is taken as JSON.
 * @throws ApiError invalid_body, unsupported_media_type, payload_too_large
 */
export const readObject = async (request: IncomingMessage, limits: BodyLimits): Promise<unknown> => {
  const type = mediaTypeOf(request);
  const form = type === "application/x-www-form-urlencoded";
  const known =
    form || type === "" || type === "application/json" || type.endsWith("+json") || type === "text/json";
  if (!known && hasBody(request)) {
    throw new ApiError(
      "unsupported_media_type",
      `Send the body as application/json, not ${type.slice(0, 80)}.`,
    );
  }
  const text = (await readBody(request, limits)).toString("utf8");
  if (text.trim() === "") return undefined;
  if (form) return Object.fromEntries(new URLSearchParams(text));
  try {
    return parseJson(text) ?? undefined;
  } catch (cause) {
    throw new ApiError("invalid_body", "The request body is not valid JSON.", { cause });
  }
};
