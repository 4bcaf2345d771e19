import type { IncomingHttpHeaders } from "node:http";
import { ApiError } from "../http/api-error.ts";

/** The largest file that somebody may upload. */
export interface UploadLimits {
  /** Bytes; absent: no limit. */
  readonly maxBytes?: number | undefined;
  /** Bytes by role, in place of `maxBytes`; 0: no limit. Of several roles the one that permits most counts. */
  readonly byRole?: Readonly<Record<string, number>> | undefined;
}

/** @returns bytes; infinite without a limit */
export const uploadLimitOf = ({ maxBytes, byRole = {} }: UploadLimits, roles: readonly string[]): number => {
  const own = roles.flatMap((role) =>
    Object.hasOwn(byRole, role) ? [byRole[role] || Number.POSITIVE_INFINITY] : [],
  );
  return own.length > 0 ? Math.max(...own) : (maxBytes ?? Number.POSITIVE_INFINITY);
};

export const tooLarge = (limit: number): ApiError =>
  new ApiError("payload_too_large", `You may upload files of at most ${limit} bytes.`, {
    headers: { connection: "close" },
  });

/** What a form adds to its file at most, roughly; the exact count follows while it is read. Bytes. */
const formOverhead = 64 * 1024;

/**
 * Refuses a body that announces more than is permitted, before any of it is read.
 * @throws ApiError payload_too_large
 */
export const refuseLarge = (headers: IncomingHttpHeaders, limit: number, isForm: boolean): void => {
  if (Number(headers["content-length"] ?? 0) > limit + (isForm ? formOverhead : 0)) throw tooLarge(limit);
};

/** Passes on at most `limit` bytes, for bodies that announce no length. @throws ApiError payload_too_large */
export async function* limited(chunks: AsyncIterable<Uint8Array>, limit: number): AsyncGenerator<Uint8Array> {
  let count = 0;
  for await (const chunk of chunks) {
    count += chunk.length;
    if (count > limit) throw tooLarge(limit);
    yield chunk;
  }
}
