import { readFileSync } from "node:fs";
import { Client, type ClientOptions, credentials, Metadata, type StatusObject, status } from "@grpc/grpc-js";
import { onTestFinished } from "vitest";
import { decode, encode, type WireFields, type WireMessage } from "./wire.ts";

export { status } from "@grpc/grpc-js";

const bytes = (value: Buffer) => value;

/** A stream of calls, as a foreign client sees it. */
export interface BareStream {
  write(message: WireMessage): void;
  /** The half-close. */
  end(): void;
  cancel(): void;
  /** Stops and goes on reading. */
  pause(): void;
  resume(): void;
  /** Frames so far. */
  readonly frames: readonly WireFields[];
  /** All bytes of one field of the frames so far. */
  output(field: number): Buffer;
  /** Waits until the frames satisfy a condition; fails when the stream ends before. */
  until(condition: () => boolean): Promise<void>;
  /** The status at the end. */
  readonly ended: Promise<StatusObject>;
}

/** A client made of grpc-js and field numbers only. */
export const bareClient = (address: string, tokenFile?: string, options: ClientOptions = {}) => {
  const client = new Client(address, credentials.createInsecure(), {
    "grpc.use_local_subchannel_pool": 1,
    ...options,
  });
  onTestFinished(() => client.close());
  const metadataOf = (entries: Readonly<Record<string, string>>) => {
    const metadata = new Metadata();
    if (tokenFile !== undefined)
      metadata.set("authorization", `Bearer ${readFileSync(tokenFile, "utf8").trim()}`);
    for (const [key, value] of Object.entries(entries)) metadata.set(key, value);
    return metadata;
  };

  return {
    close: () => client.close(),
    /** @returns the response, or the code of the status */
    unary: (path: string, message: WireMessage = [], metadata: Record<string, string> = {}) =>
      new Promise<{ code: number; details: string; response: WireFields }>((resolve) => {
        client.makeUnaryRequest(
          path,
          encode,
          bytes,
          message,
          metadataOf(metadata),
          { deadline: Date.now() + 10_000 },
          (error, response) =>
            resolve({
              code: error?.code ?? status.OK,
              details: error?.details ?? "",
              response: decode(response ?? Buffer.alloc(0)),
            }),
        );
      }),
    stream(path: string, metadata: Record<string, string> = {}, deadlineMs?: number): BareStream {
      const options = deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs };
      const call = client.makeBidiStreamRequest(path, encode, bytes, metadataOf(metadata), options);
      const frames: WireFields[] = [];
      let changed = () => {};
      let over = false;
      call.on("data", (frame: Buffer) => {
        frames.push(decode(frame));
        changed();
      });
      // The status tells the same.
      call.on("error", () => {});
      const ended = new Promise<StatusObject>((resolve) => {
        call.on("status", (end: StatusObject) => {
          over = true;
          changed();
          resolve(end);
        });
      });
      const output = (field: number) => Buffer.concat(frames.flatMap((frame) => frame.bytes(field) ?? []));
      return {
        write: (message) => void call.write(message),
        end: () => void call.end(),
        cancel: () => call.cancel(),
        pause: () => void call.pause(),
        resume: () => void call.resume(),
        frames,
        output,
        async until(condition) {
          while (!condition()) {
            if (over) throw new Error(`the stream ended: ${JSON.stringify((await ended).details)}`);
            await new Promise<void>((resolve) => {
              changed = resolve;
            });
          }
        },
        ended,
      };
    },
    /** A call with one request and a stream of responses. */
    serverStream(path: string, message: WireMessage = []) {
      const call = client.makeServerStreamRequest(path, encode, bytes, message, metadataOf({}), {});
      const frames: WireFields[] = [];
      call.on("data", (frame: Buffer) => frames.push(decode(frame)));
      call.on("error", () => {});
      const ended = new Promise<StatusObject>((resolve) => call.on("status", resolve));
      return { frames, ended, cancel: () => call.cancel() };
    },
  };
};

export type BareClient = ReturnType<typeof bareClient>;
