import { encodeKey, type KvBucket, KvConflictError } from "@k8shell/kv";
import { z } from "zod";

const recordSchema = z.object({
  id: z.string(),
  /** `<namespace>/<name>`. */
  workspace: z.string(),
  /** Whose upload it is: nobody else continues it. */
  username: z.string(),
  /** As the client wrote it. */
  path: z.string(),
  /** Where that led when the upload began, absolute. */
  destination: z.string(),
  /** The file that holds what has arrived, beside the destination. */
  temporary: z.string(),
  /** Bytes of the whole; null while the client has not said. */
  length: z.int().nullable(),
  /** Bytes that are known to have been written. */
  offset: z.int(),
  /** More may have been written than `offset` says: a part is under way, or its writer never said how it ended. */
  unsure: z.boolean(),
  /** Who writes a part now. */
  writer: z.string().nullable(),
  /** Epoch milliseconds at which the writer was last heard of. */
  heardAt: z.int(),
  /** Tag of the file, once it is in its place. */
  etag: z.string().nullable(),
  /** `Upload-Metadata` as it was sent. */
  metadata: z.string(),
  ifMatch: z.string().optional(),
  ifNoneMatch: z.string().optional(),
  /** Epoch milliseconds. */
  expiresAt: z.int(),
});

/** A resumable upload as every replica knows it. */
export type UploadRecord = Readonly<z.output<typeof recordSchema>>;

export interface StoredUpload {
  readonly record: UploadRecord;
  readonly revision: number;
}

/** The records of resumable uploads. */
export interface UploadStore {
  get(workspace: string, id: string): Promise<StoredUpload | undefined>;
  create(record: UploadRecord): Promise<StoredUpload>;
  /** Resolves to undefined when somebody else has changed the record. */
  update(stored: StoredUpload, changes: Partial<UploadRecord>): Promise<StoredUpload | undefined>;
  delete(record: UploadRecord): Promise<void>;
  countOf(workspace: string): Promise<number>;
  /** Every record, one after the other. */
  all(): AsyncIterable<StoredUpload>;
}

const prefixOf = (workspace: string) => `${encodeKey(workspace)}/`;
const keyOf = ({ workspace, id }: Pick<UploadRecord, "workspace" | "id">) => prefixOf(workspace) + id;

export const createUploadStore = (bucket: KvBucket): UploadStore => {
  const read = async (key: string): Promise<StoredUpload | undefined> => {
    const entry = await bucket.get(key);
    return entry && { record: recordSchema.parse(JSON.parse(entry.value)), revision: entry.revision };
  };
  return {
    get: (workspace, id) => read(keyOf({ workspace, id })),
    async create(record) {
      return { record, revision: await bucket.create(keyOf(record), JSON.stringify(record)) };
    },
    async update({ record: before, revision }, changes) {
      const record = { ...before, ...changes };
      try {
        return { record, revision: await bucket.update(keyOf(record), JSON.stringify(record), revision) };
      } catch (error) {
        if (error instanceof KvConflictError) return undefined;
        throw error;
      }
    },
    delete: (record) => bucket.delete(keyOf(record)),
    countOf: async (workspace) => (await bucket.keys(prefixOf(workspace))).length,
    async *all() {
      for (const key of await bucket.keys()) {
        const stored = await read(key);
        if (stored) yield stored;
      }
    },
  };
};
