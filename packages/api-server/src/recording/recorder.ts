import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  Direction,
  type ExecRecordingFrameSchema,
  type RecordingService,
  type ShellRecordingFrameSchema,
} from "@k8shell/contract/gen/session/v1/session_pb.js";
import { type Client, Code, RpcError } from "@k8shell/rpc";
import type { Logger } from "pino";
import { createFrameQueue } from "./frame-queue.ts";
import { createRedactor, redactText } from "./redactor.ts";

/** Records one terminal, or one command. Nothing of it ever waits or throws: the terminal goes on, whatever happens here. */
export interface TerminalRecorder {
  output(bytes: Uint8Array): void;
  /** What the user typed; forgotten unless the policy wants it. */
  input(bytes: Uint8Array): void;
  resize(cols: number, rows: number): void;
  /** Resolves when the recording is complete, or has failed. */
  end(): Promise<void>;
}

export interface RecordingRequest {
  /** Id of the session's record, by which the recording is found. */
  readonly sessionId: string;
  /** The user's JWT: whose recording it is (grpc-behaviour section 7). */
  readonly jwt: string;
  readonly cols: number;
  readonly rows: number;
  readonly input: boolean;
  /** Recorded is this command, and no terminal. */
  readonly command?: string;
  readonly log: Logger;
}

export type StartRecording = (request: RecordingRequest) => TerminalRecorder;

export interface RecorderDeps {
  readonly recording: Client<typeof RecordingService>;
  /** What is never to be recorded; applied to whole lines. */
  readonly redact?: readonly RegExp[] | undefined;
}

type Frame = MessageInitShape<typeof ShellRecordingFrameSchema>;

/** The frames of a recording as those of a command, which has no size. */
async function* asExecFrames(
  frames: AsyncIterable<Frame>,
  command: string,
): AsyncGenerator<MessageInitShape<typeof ExecRecordingFrameSchema>> {
  for await (const { payload } of frames) {
    if (payload?.case === "chunk") yield { payload };
    if (payload?.case !== "header") continue;
    const { sessionId, userToken, startedAt, connectionId } = payload.value;
    yield { payload: { case: "header", value: { sessionId, userToken, startedAt, connectionId, command } } };
  }
}

/** grpc-behaviour section 7: batches of 50 ms or 32 KiB. */
const batchMs = 50;
const batchBytes = 32 * 1024;
/** What is held back for redaction goes on after so long without more, milliseconds. */
const quietMs = 2_000;
/** How long the end of a recording may take, milliseconds. */
const endMs = 10_000;

/** A recording with the Session service, which may be embedded or remote. */
export const createStartRecording = ({ recording, redact = [] }: RecorderDeps): StartRecording => {
  return ({ sessionId, jwt, cols, rows, input: wantsInput, command, log }) => {
    const startedAt = Date.now();
    const since = () => BigInt(Date.now() - startedAt);
    const seconds = (millis: number) => BigInt(Math.floor(millis / 1000));
    const call = new AbortController();
    const queue = createFrameQueue<Frame>((bytes) => ({
      payload: {
        case: "chunk",
        value: {
          timeOffsetMs: since(),
          data: Buffer.from(`\r\n[${bytes} bytes were not recorded]\r\n`),
          direction: Direction.OUTPUT,
        },
      },
    }));
    const redactor = redact.length > 0 ? createRedactor(redact) : undefined;
    let batch: Uint8Array[] = [];
    let size = 0;
    let timer: NodeJS.Timeout | undefined;
    let quiet: NodeJS.Timeout | undefined;
    let over = false;

    const put = (data: Uint8Array, direction: Direction) => {
      if (data.length === 0) return;
      queue.push(
        { payload: { case: "chunk", value: { timeOffsetMs: since(), data, direction } } },
        data.length,
      );
    };
    const flush = () => {
      clearTimeout(timer);
      timer = undefined;
      if (size === 0) return;
      const data = Buffer.concat(batch, size);
      batch = [];
      size = 0;
      if (!redactor) return put(data, Direction.OUTPUT);
      put(redactor.push(data), Direction.OUTPUT);
      clearTimeout(quiet);
      quiet = setTimeout(() => put(redactor.flush(), Direction.OUTPUT), quietMs).unref();
    };
    const flushAll = () => {
      flush();
      clearTimeout(quiet);
      if (redactor) put(redactor.flush(), Direction.OUTPUT);
    };

    queue.push(
      {
        payload: {
          case: "header",
          value: {
            sessionId,
            userToken: jwt,
            startedAt: seconds(startedAt),
            width: cols,
            height: rows,
            connectionId: sessionId,
          },
        },
      },
      0,
    );
    const { signal } = call;
    const streamed = (
      command === undefined
        ? recording.streamShellRecording(queue.frames, { signal })
        : recording.streamExecRecording(asExecFrames(queue.frames, redactText(redact, command)), { signal })
    )
      .then(() => true)
      .catch((err: unknown) => {
        // grpc-behaviour section 7: recording is switched off there; the session goes on without.
        const off = err instanceof RpcError && err.code === Code.Unimplemented;
        if (off)
          log.warn(
            { session: sessionId },
            "the Session service does not record; this session is not recorded",
          );
        else log.error({ err, session: sessionId }, "the recording of this session broke off");
        return false;
      })
      .finally(() => {
        over = true;
        queue.close();
        clearTimeout(timer);
        clearTimeout(quiet);
      });

    let ending: Promise<void> | undefined;
    const end = async () => {
      flushAll();
      queue.close();
      const late = setTimeout(() => call.abort(), endMs);
      const complete = await streamed;
      clearTimeout(late);
      if (!complete) return;
      try {
        const request = { connectionId: sessionId, endTime: seconds(Date.now()) };
        await recording.endRecordingSession(request, { timeoutMs: endMs });
      } catch (err) {
        log.warn({ err, session: sessionId }, "the end of a recording was not written");
      }
    };

    return {
      output(bytes) {
        if (over) return;
        // A copy: the chunk is a view of what the socket reads into.
        batch.push(Buffer.from(bytes));
        size += bytes.length;
        if (size >= batchBytes) flush();
        else timer ??= setTimeout(flush, batchMs).unref();
      },
      input(bytes) {
        if (over || !wantsInput) return;
        flush();
        put(Buffer.from(bytes), Direction.INPUT);
      },
      resize(width, height) {
        if (over) return;
        flush();
        queue.push({ payload: { case: "resize", value: { timeOffsetMs: since(), width, height } } }, 0);
      },
      end() {
        ending ??= end();
        return ending;
      },
    };
  };
};
