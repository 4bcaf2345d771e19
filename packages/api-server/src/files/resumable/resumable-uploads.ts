import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { OpenFlag, type SftpClient } from "@k8shell/sftp";
import { ApiError } from "../../http/api-error.ts";
import type { Digest } from "../content-digest.ts";
import { validatorsOf } from "../preconditions.ts";
import {
  type Conditions,
  completeTemporary,
  createTemporary,
  discardTemporary,
  findDestination,
  moveIntoPlace,
  temporaryPath,
} from "../replacement.ts";
import { parentOf, parseWorkspacePath, type WorkspacePath } from "../workspace-path.ts";
import { busy, isMissing, notFound } from "./upload-errors.ts";
import type { StoredUpload, UploadRecord, UploadStore } from "./upload-record.ts";
import { writePart } from "./write-part.ts";

export interface ResumableUploadsDeps {
  readonly store: UploadStore;
  /** Milliseconds without a part after which an upload is given up. */
  readonly expiryMs: number;
  /** Milliseconds between signs of life of a part under way (default 1 000). */
  readonly heartbeatMs?: number | undefined;
}

/** Which upload, and what it is worked on with. */
export interface UploadRef {
  readonly client: SftpClient;
  /** `<namespace>/<name>`. */
  readonly workspace: string;
  readonly username: string;
  readonly id: string;
  readonly signal: AbortSignal;
}

export interface NewUpload extends Omit<UploadRef, "id"> {
  readonly path: WorkspacePath;
  /** Where the path leads, absolute. */
  readonly destination: string;
  /** May a new file be run? */
  readonly executable: boolean;
  readonly length: number | null;
  readonly metadata: string;
  readonly conditions: Conditions;
}

export interface NewPart extends UploadRef {
  /** Where the client means to go on. */
  readonly offset: number;
  /** The whole length, when the client says it only now. */
  readonly length: number | undefined;
  /** Largest file the caller may upload, bytes. */
  readonly limit: number;
  /** Length of the part, where it is announced. */
  readonly announced: number | undefined;
  readonly checksum: Digest | undefined;
  /** The content; called when nothing stands against it any more. */
  readonly open: () => AsyncIterable<Uint8Array>;
  /** Makes `open`'s content break off. */
  readonly cancel: () => void;
}

export interface ResumableUploads {
  /** @throws ApiError, SftpError */
  create(upload: NewUpload): Promise<UploadRecord>;
  /** The upload without touching it. @throws ApiError not_found */
  find(ref: Omit<UploadRef, "client" | "signal">): Promise<UploadRecord>;
  /** The upload at rest: a part under way is ended, and `offset` is what has been written. @throws ApiError not_found */
  settle(ref: UploadRef): Promise<UploadRecord>;
  /**
   * Stores a part, and the file when it was the last one. What arrived of a part that broke off stays.
   * @throws ApiError conflict when the offset is another; SftpError
   */
  append(part: NewPart): Promise<UploadRecord>;
  /** Gives the upload up and removes what has arrived. @throws ApiError not_found */
  terminate(ref: UploadRef): Promise<void>;
}

/** How long the record of an upload stays when the file is in its place, for a client that missed the answer. */
const finishedMs = 3_600_000;
/** Uploads of one workspace that are not finished. */
const maxUploads = 1_000;
/** More than an SFTP client has in flight: so far back from its end a file surely has no holes. Bytes. */
const inFlightBytes = 8 << 20;
/** A writer is dead when it was not heard of for so many heartbeats; a live one notices its end within them. */
const patience = 4;

const conditionsOf = ({ ifMatch, ifNoneMatch }: UploadRecord): Conditions => ({
  "if-match": ifMatch,
  "if-none-match": ifNoneMatch,
});

/**
 * Uploads that survive broken connections, the restart of a gateway and another replica: what has arrived lies beside
 * its destination in the workspace, what is known about it in the key-value store. One writer at a time; a newer one
 * takes over, because the older one's client is gone.
 */
export const createResumableUploads = ({
  store,
  expiryMs,
  heartbeatMs = 1_000,
}: ResumableUploadsDeps): ResumableUploads => {
  /** Parts that this server writes, by upload. */
  const writing = new Map<string, { readonly cancel: () => void; readonly ended: Promise<void> }>();

  const load = async ({ workspace, username, id }: Omit<UploadRef, "client" | "signal">) => {
    const stored = await store.get(workspace, id);
    if (!stored || stored.record.username !== username || stored.record.expiresAt < Date.now()) {
      throw notFound();
    }
    return stored;
  };

  const stopOwn = async (id: string): Promise<void> => {
    const own = writing.get(id);
    own?.cancel();
    await own?.ended;
  };

  /** Moves a complete file to its place. The record stays for a while. */
  const finish = async (
    client: SftpClient,
    stored: StoredUpload,
    signal: AbortSignal,
  ): Promise<StoredUpload> => {
    const { record } = stored;
    const conditions = conditionsOf(record);
    let etag: string;
    try {
      const destination = await findDestination(client, parseWorkspacePath(record.path), conditions, signal);
      const file = await client.open(record.temporary, OpenFlag.Write, { signal });
      etag = validatorsOf(await completeTemporary(file, destination, signal)).etag;
      await moveIntoPlace(client, record.temporary, destination.path, conditions, signal);
    } catch (error) {
      // Sending it again would not help: the destination has changed.
      if (error instanceof ApiError && error.status < 500) {
        await discardTemporary(client, record.temporary);
        await store.delete(record);
      }
      throw error;
    }
    const finished = await store.update(stored, { etag, expiresAt: Date.now() + finishedMs });
    return finished ?? stored;
  };

  /** Finds out how much has been written by a writer that did not say, and cuts off what may have holes. */
  const recover = async (
    client: SftpClient,
    stored: StoredUpload,
    signal: AbortSignal,
  ): Promise<StoredUpload | undefined> => {
    const { record } = stored;
    const alive = record.writer !== null && Date.now() - record.heardAt < patience * heartbeatMs;
    const taken = await store.update(stored, { writer: null, unsure: true });
    if (!taken) return undefined;
    if (alive) await sleep(patience * heartbeatMs, undefined, { signal });
    let size: number;
    try {
      ({ size = 0 } = await client.stat(record.temporary, { signal }));
    } catch (error) {
      if (!isMissing(error)) throw error;
      await store.delete(record);
      throw notFound();
    }
    const offset = Math.min(Math.max(record.offset, size - inFlightBytes), size);
    if (size > offset) await client.setstat(record.temporary, { size: offset }, { signal });
    return store.update(taken, { offset, unsure: false });
  };

  const settled = async (ref: UploadRef): Promise<StoredUpload> => {
    await stopOwn(ref.id);
    for (let attempt = 0; attempt < 5; attempt += 1) {
      const stored = await load(ref);
      const { etag, writer, unsure } = stored.record;
      if (etag !== null) return stored;
      const known = writer === null && !unsure ? stored : await recover(ref.client, stored, ref.signal);
      if (!known) continue;
      const { offset, length } = known.record;
      return offset === length ? finish(ref.client, known, ref.signal) : known;
    }
    throw busy();
  };

  return {
    async find(ref) {
      return (await load(ref)).record;
    },

    async create(upload) {
      const { client, workspace, username, path, destination, executable } = upload;
      const { length, metadata, conditions, signal } = upload;
      if ((await store.countOf(workspace)) >= maxUploads) {
        throw new ApiError("too_many_requests", `The workspace has ${maxUploads} unfinished uploads.`);
      }
      const id = randomBytes(16).toString("hex");
      const found = await findDestination(client, path, conditions, signal);
      const temporary = temporaryPath({ directory: parentOf(destination) }, `${id}.part`);
      const file = await createTemporary(client, temporary, found, executable, signal);
      file.close().catch(() => {});
      try {
        const stored = await store.create({
          id,
          workspace,
          username,
          path,
          destination,
          temporary,
          length,
          metadata,
          offset: 0,
          unsure: false,
          writer: null,
          heardAt: 0,
          etag: null,
          ifMatch: conditions["if-match"],
          ifNoneMatch: conditions["if-none-match"],
          expiresAt: Date.now() + expiryMs,
        });
        return (length === 0 ? await finish(client, stored, signal) : stored).record;
      } catch (error) {
        await discardTemporary(client, temporary);
        throw error;
      }
    },

    async settle(ref) {
      return (await settled(ref)).record;
    },

    async append(part) {
      const stored = await settled(part);
      const { record } = stored;
      if (part.offset !== record.offset) {
        throw new ApiError("conflict", `The upload stands at ${record.offset}, not at ${part.offset}.`);
      }
      if (record.etag !== null) return record;
      if (part.length !== undefined && record.length !== null && part.length !== record.length) {
        throw new ApiError("bad_request", "Upload-Length cannot be changed.");
      }
      const length = record.length ?? part.length ?? null;
      if (length !== null && length < record.offset) {
        throw new ApiError("bad_request", "Upload-Length is less than what has arrived.");
      }
      if ((length ?? 0) > part.limit) {
        throw new ApiError("payload_too_large", `You may upload files of at most ${part.limit} bytes.`);
      }
      const room = (length ?? part.limit) - record.offset;
      if ((part.announced ?? 0) > room) {
        throw new ApiError("payload_too_large", "The part goes beyond the end of the upload.", {
          headers: { connection: "close" },
        });
      }
      if (writing.has(record.id)) throw busy();
      const work = async (): Promise<UploadRecord> => {
        const writer = randomBytes(8).toString("hex");
        const held = await store.update(stored, { length, writer, unsure: true, heardAt: Date.now() });
        if (!held) throw busy();
        const rested = await writePart({ store, expiryMs, heartbeatMs }, part, held, room);
        const complete = rested.record.offset === length;
        return (complete ? await finish(part.client, rested, part.signal) : rested).record;
      };
      const done = work();
      const ended = done.then(
        () => {},
        () => {},
      );
      writing.set(record.id, { cancel: part.cancel, ended });
      try {
        return await done;
      } finally {
        writing.delete(record.id);
      }
    },

    async terminate(ref) {
      await stopOwn(ref.id);
      const { record } = await load(ref);
      // Another replica's writer notices that the record is gone.
      await store.delete(record);
      if (record.etag === null) await discardTemporary(ref.client, record.temporary);
    },
  };
};
