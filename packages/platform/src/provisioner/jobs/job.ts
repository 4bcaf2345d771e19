import type { Log } from "@k8shell/contract";
import type { KvBucket } from "@k8shell/kv";
import { createPipe } from "@k8shell/rpc";
import type { WorkspaceStatus } from "../workspaces/record.ts";
import { eventTimestamp, type JobEvent, type JobRecord, notFinished, parseJobRecord } from "./record.ts";

/** A job being worked on: its events go to the stored record and to whoever observes. */
export interface Job {
  readonly id: string;
  /** Something happened to one object, e.g. `Sandbox/alice-59936c3`. */
  event(objectName: string, message: string): void;
  status(status: WorkspaceStatus, message: string): void;
  /** Percent; ignored when not beyond the last. */
  progress(percent: number): void;
  /** Completes the record. Resolves when it is stored. */
  finish(): Promise<void>;
  /** Events of this run, from its start to its end; leaving early changes nothing for the job. */
  observe(): AsyncIterable<JobEvent>;
}

export interface JobOptions {
  readonly bucket: KvBucket;
  readonly id: string;
  readonly workspaceName: string;
  readonly username: string;
  readonly log: Log;
  /** Continue the record stored under the id, if there still is one (grpc-behaviour section 3). */
  readonly append: boolean;
}

/** Longest message kept: readers take lines of at most 64 KiB. */
const maxMessage = 4096;
/** Most events kept of one job; a workspace that is started for years must not outgrow the store. */
const maxEvents = 500;
/** Longest stored record, bytes: NATS takes 1 MiB in one message. */
const maxRecord = 512 * 1024;
/** Between tries to store the end of a job while the store is away, milliseconds, and how many there are. */
const retryMs = 2_000;
const maxRetries = 300;

/** The record as it is stored: of one that is too long the oldest events are missing. */
const serialize = (record: JobRecord): string => {
  let { events = [] } = record;
  for (;;) {
    const text = JSON.stringify({ ...record, events });
    if (Buffer.byteLength(text) <= maxRecord || events.length === 0) return text;
    events = events.slice(Math.ceil(events.length / 4));
  }
};

const loadPrevious = async ({ bucket, id }: JobOptions): Promise<JobRecord | undefined> => {
  const entry = await bucket.get(id);
  return entry === undefined ? undefined : parseJobRecord(entry.value);
};

/** Begins a job. Its record is stored before this resolves. */
export const beginJob = async (options: JobOptions): Promise<Job> => {
  const { bucket, id, workspaceName, username, log } = options;
  const previous = options.append ? await loadPrevious(options) : undefined;
  const now = new Date().toISOString();
  let record: JobRecord = {
    id,
    workspaceName,
    username,
    status: "running",
    createdAt: previous?.createdAt ?? now,
    updatedAt: now,
    // A job that is continued keeps the end of its last run until it ends again.
    finishedAt: previous?.finishedAt ?? notFinished,
    events: previous?.events?.slice(-maxEvents) ?? [],
  };
  const first = (record.events?.at(-1)?.id ?? 0) + 1;
  let lastProgress = -1;
  let done = false;

  let stored = "";
  const store = async () => {
    const text = serialize(record);
    if (text === stored) return;
    await bucket.put(id, text);
    stored = text;
  };
  let writing: Promise<void> = store();
  await writing;
  const write = (): Promise<void> => {
    // One write at a time; those that wait find their events written already.
    writing = writing
      .then(store)
      .catch((error: unknown) => log.error({ err: error, job: id }, "cannot store the job record"));
    return writing;
  };

  /** Stores the end as soon as the store is back, unless another run of the job has gone on meanwhile. */
  const storeEnd = async () => {
    for (let tries = 0; tries < maxRetries && stored !== serialize(record); tries += 1) {
      await new Promise((resume) => setTimeout(resume, retryMs).unref());
      try {
        const current = await loadPrevious(options);
        if (current && current.updatedAt > record.updatedAt) return;
        await store();
      } catch (error) {
        if (tries === maxRetries - 1) log.error({ err: error, job: id }, "the end of a job was never stored");
      }
    }
  };

  const observers = new Set<(event: JobEvent | undefined) => void>();
  const add = (fields: Omit<JobEvent, "id" | "timestamp">) => {
    if (done) return;
    const time = new Date();
    const events = record.events ?? [];
    const event: JobEvent = { id: (events.at(-1)?.id ?? 0) + 1, timestamp: eventTimestamp(time), ...fields };
    record = { ...record, updatedAt: time.toISOString(), events: [...events, event].slice(-maxEvents) };
    void write();
    for (const notify of observers) notify(event);
  };

  return {
    id,
    event: (objectName, message) => add({ type: "event", objectName, message: message.slice(0, maxMessage) }),
    status: (status, message) =>
      add({
        type: "status",
        objectName: `Workspace/${workspaceName}`,
        status,
        message: message.slice(0, maxMessage),
      }),
    progress(percent) {
      if (percent <= lastProgress) return;
      lastProgress = percent;
      add({ type: "progress", status: String(percent), message: `${percent}% complete` });
    },
    async finish() {
      if (done) return;
      const end = new Date().toISOString();
      record = { ...record, status: "completed", updatedAt: end, finishedAt: end };
      await write();
      void storeEnd();
      done = true;
      for (const notify of observers) notify(undefined);
      observers.clear();
    },
    observe() {
      const pipe = createPipe<JobEvent>(maxEvents);
      for (const event of record.events ?? []) if (event.id >= first) void pipe.write(event);
      if (done) pipe.end();
      const notify = (event: JobEvent | undefined) => {
        if (event === undefined) pipe.end();
        else void pipe.write(event);
      };
      if (!done) observers.add(notify);
      return {
        async *[Symbol.asyncIterator]() {
          try {
            yield* pipe;
          } finally {
            observers.delete(notify);
          }
        },
      };
    },
  };
};

/**
 * Completes the record of a job whose work was cut off, e.g. by a kill of the server.
 * @param status the workspace's real status
 */
export const closeInterruptedJob = async (options: {
  bucket: KvBucket;
  id: string;
  workspaceName: string;
  status: WorkspaceStatus;
  message: string;
}): Promise<void> => {
  const { bucket, id, workspaceName, status, message } = options;
  const entry = await bucket.get(id);
  const record = entry === undefined ? undefined : parseJobRecord(entry.value);
  if (record?.status !== "running") return;
  const time = new Date();
  const timestamp = eventTimestamp(time);
  const events = record.events ?? [];
  const next = (events.at(-1)?.id ?? 0) + 1;
  const end = time.toISOString();
  const final: JobEvent[] = [
    { id: next, type: "status", timestamp, objectName: `Workspace/${workspaceName}`, status, message },
    { id: next + 1, type: "progress", timestamp, status: "100", message: "100% complete" },
  ];
  await bucket.put(
    id,
    JSON.stringify({
      ...record,
      status: "completed",
      updatedAt: end,
      finishedAt: end,
      events: [...events, ...final],
    }),
  );
};
