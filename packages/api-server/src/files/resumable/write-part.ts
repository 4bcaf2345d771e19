import { freeMemory } from "@k8shell/rpc";
import { OpenFlag } from "@k8shell/sftp";
import { ApiError } from "../../http/api-error.ts";
import { explainWrite } from "../replacement.ts";
import { parentOf } from "../workspace-path.ts";
import { createPart } from "./part.ts";
import type { NewPart } from "./resumable-uploads.ts";
import { busy, isMissing, notFound } from "./upload-errors.ts";
import type { StoredUpload, UploadStore } from "./upload-record.ts";

export interface WritePartDeps {
  readonly store: UploadStore;
  /** Milliseconds without a part after which an upload is given up. */
  readonly expiryMs: number;
  /** Milliseconds between signs of life of a part under way. */
  readonly heartbeatMs: number;
}

/**
 * Writes one part. The caller holds the upload. Resolves to the record at rest.
 * @param room bytes that may follow at most
 * @throws ApiError, SftpError
 */
export const writePart = async (
  { store, expiryMs, heartbeatMs }: WritePartDeps,
  part: NewPart,
  held: StoredUpload,
  room: number,
): Promise<StoredUpload> => {
  const { client, offset, checksum } = part;
  const { record } = held;
  const lost = new AbortController();
  let current = held;
  let beating: Promise<void> | undefined;
  const beat = async () => {
    const next = await store.update(current, {
      heardAt: Date.now(),
      expiresAt: Date.now() + expiryMs,
    });
    if (next) current = next;
    else lost.abort(busy());
  };
  const timer = setInterval(() => {
    beating ??= beat()
      .catch((error: unknown) => lost.abort(error))
      .finally(() => {
        beating = undefined;
      });
  }, heartbeatMs);

  try {
    const file = await client.open(record.temporary, OpenFlag.Write, { signal: part.signal });
    const source = createPart(part.open(), room, checksum);
    let arrived: number;
    let outcome: ReturnType<typeof source.outcome>;
    try {
      arrived = await file.write(source.content, { offset, signal: lost.signal, sent: freeMemory });
      outcome = source.outcome();
      if (!outcome.sound) {
        await file.setstat({ size: offset }, { signal: lost.signal });
        arrived = 0;
      }
    } catch (error) {
      throw await explainWrite(client, parentOf(record.temporary), error);
    } finally {
      file.close().catch(() => {});
    }
    clearInterval(timer);
    await beating;
    const rested = await store.update(current, {
      offset: offset + arrived,
      unsure: false,
      writer: null,
      expiresAt: Date.now() + expiryMs,
    });
    if (!rested) throw busy();
    const { broken, exceeded, sound } = outcome;
    if (broken !== undefined) throw broken;
    if (exceeded) {
      throw new ApiError("payload_too_large", "The part goes beyond the end of the upload.");
    }
    if (!sound) {
      throw new ApiError("checksum_mismatch", "The part does not have the checksum that came with it.");
    }
    return rested;
  } catch (error) {
    if (isMissing(error)) {
      await store.delete(record);
      throw notFound();
    }
    throw error;
  } finally {
    clearInterval(timer);
  }
};
