import { type BufferPool, createBufferPool } from "../buffer-pool.ts";
import { createFrameParser } from "../frames.ts";
import { decodeHello, decodeRequest, encodeHello, encodeResponse, type Request } from "../packets.ts";
import { protocolVersion, SftpProtocolError, SftpStatus } from "../protocol.ts";
import { incomingPackets, type SftpInput } from "./incoming.ts";
import { createOperations, serverExtensions } from "./operations.ts";
import { createOrderGate } from "./order.ts";
import { createOutbox } from "./outbox.ts";
import { failureResponse } from "./status.ts";
import { createSessionTemporaries, type TemporaryFiles } from "./temporaries.ts";

/** The part of a structured logger that the server uses. */
export interface SftpLog {
  debug(fields: Record<string, unknown>, message: string): void;
  warn(fields: Record<string, unknown>, message: string): void;
}

export interface SftpServerOptions {
  /** What the client sends, chunked in any way. Its end is the end of the session, after the answers still due. */
  input: AsyncIterable<Uint8Array> | SftpInput;
  /** Absolute path where relative paths begin. It is no boundary: absolute paths reach whatever the process may reach. */
  home: string;
  log?: SftpLog;
  /** Memory of large packets. Whoever has sent what the session yields may give it back here. */
  memory?: BufferPool;
  /**
   * Files with a name of `temporaryName`, made exclusively, are removed when the session ends before they are renamed;
   * this remembers them until then.
   */
  temporaries?: TemporaryFiles;
}

/** Requests worked on at the same time. */
const maxRunning = 64;
/** Bytes of responses finished or expected, beyond which no further request is taken. */
const maxOutput = 4 * 1024 * 1024;

/**
 * Serves one SFTP version 3 session (draft-ietf-secsh-filexfer-02) over a byte stream.
 *
 * Requests that cannot see each other's effects run at once; the number of them and the bytes of their answers are
 * bounded, and no input is read while the bound is reached. A client that breaks the protocol (a packet cut short or
 * longer than 256 KiB, no Init first) ends the session: the result then just ends. It never throws. All open files
 * are closed when the session ends, also when the consumer leaves early.
 *
 * @returns the bytes for the client; read it once
 */
export const serveSftp = ({
  input,
  home,
  log,
  memory = createBufferPool(),
  temporaries,
}: SftpServerOptions): AsyncIterable<Uint8Array> => {
  const operations = createOperations(home, memory, temporaries && createSessionTemporaries(temporaries));
  const gate = createOrderGate();
  const frames = createFrameParser({ take: memory.take, copy: "start" in input });
  const source = incomingPackets(input, frames);
  let stopped = false;
  let expected = 0;
  let wake: (() => void) | undefined;
  let finished: Promise<void> | undefined;

  const changed = () => {
    wake?.();
    wake = undefined;
  };
  const change = () =>
    new Promise<void>((resolve) => {
      wake = resolve;
    });
  /** Handles may be closed only when nobody uses them any more. */
  const finish = (): Promise<void> => {
    finished ??= (async () => {
      while (gate.running > 0) await change();
      await operations.close();
      outbox.end();
    })();
    return finished;
  };
  const outbox = createOutbox({
    taken: changed,
    abandoned() {
      stopped = true;
      changed();
      source.return(undefined).catch(() => {});
      // Not left to the reading loop: it may wait for input that never comes.
      void finish();
    },
  });
  const until = async (condition: () => boolean): Promise<void> => {
    while (!condition() && !stopped) await change();
  };

  const answer = async (id: number, request: Request): Promise<Buffer> => {
    try {
      if (request.type !== "read") return encodeResponse(id, await operations.perform(request));
      const result = await operations.read(id, request);
      return Buffer.isBuffer(result) ? result : encodeResponse(id, result);
    } catch (error) {
      if (error instanceof SftpProtocolError) {
        return encodeResponse(id, { type: "status", code: SftpStatus.BadMessage, message: error.message });
      }
      log?.debug({ err: error, request: request.type }, "sftp request failed");
      return encodeResponse(id, failureResponse(error));
    }
  };

  const start = async (id: number, request: Request): Promise<void> => {
    const size = operations.responseSize(request);
    await until(() => {
      const room = outbox.size + expected === 0 || outbox.size + expected + size <= maxOutput;
      // The claim is made anew each time: a handle may be gone by now.
      return room && gate.running < maxRunning && gate.admits(operations.claim(request));
    });
    if (stopped) return;
    const leave = gate.enter(operations.claim(request));
    expected += size;
    void answer(id, request).then((packet) => {
      leave();
      if (request.type === "write") memory.give(request.data);
      expected -= size;
      outbox.push(packet);
      changed();
    });
  };

  const receive = async (packet: Uint8Array): Promise<void> => {
    const { id, request } = decodeRequest(packet);
    if (request.type === "unknown") {
      const message = "operation not supported";
      outbox.push(encodeResponse(id, { type: "status", code: SftpStatus.OpUnsupported, message }));
      return until(() => outbox.size <= maxOutput);
    }
    return start(id, request);
  };

  const run = async (): Promise<void> => {
    let greeted = false;
    try {
      while (!stopped) {
        const { value, done } = await source.next();
        if (done) break;
        if (greeted) {
          await receive(value);
        } else {
          decodeHello("init", value);
          greeted = true;
          outbox.push(encodeHello("version", protocolVersion, serverExtensions));
        }
      }
      if (frames.partial && !stopped) log?.debug({}, "sftp session ended inside a packet");
    } catch (error) {
      if (error instanceof SftpProtocolError) {
        log?.warn({ reason: error.message }, "sftp session ended: protocol error");
        source.return(undefined).catch(() => {});
      } else {
        log?.debug({ err: error }, "sftp input failed");
      }
    }
    await finish();
  };

  void run();
  return outbox;
};
