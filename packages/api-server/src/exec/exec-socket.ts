import { z } from "zod";
import { ApiError } from "../http/api-error.ts";

/** First byte of each frame. */
export const execChannel = { stdin: 0, stdout: 1, stderr: 2, control: 3 } as const;

const variable = /^[A-Za-z_][A-Za-z0-9_]*$/;
const maxCommand = 128 * 1024;

const startMessage = z.object({
  command: z.union([z.string().min(1).max(maxCommand), z.array(z.string().max(maxCommand)).min(1).max(1000)]),
  env: z.record(z.string().regex(variable), z.string().max(maxCommand)).optional(),
  cwd: z.string().min(1).max(4096).optional(),
});

export type StartMessage = z.output<typeof startMessage>;

export type ClientFrame =
  /** The whole frame: the input is behind its first byte. */
  | { readonly type: "stdin"; readonly frame: Uint8Array }
  | { readonly type: "start"; readonly start: StartMessage }
  | { readonly type: "signal"; readonly signal: string };

const control = z.union([z.object({ signal: z.string().max(16) }), startMessage]);

/**
 * Reads a frame of a client.
 * @throws ApiError invalid_body for what is none
 */
export const readFrame = (frame: Uint8Array): ClientFrame => {
  const [channel] = frame;
  if (channel === execChannel.stdin) return { type: "stdin", frame };
  if (channel !== execChannel.control)
    throw new ApiError("invalid_body", "Frames of a client are on channel 0 or 3.");
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(frame.subarray(1)).toString("utf8"));
  } catch (cause) {
    throw new ApiError("invalid_body", "A frame on channel 3 is JSON.", { cause });
  }
  const result = control.safeParse(parsed);
  if (!result.success)
    throw new ApiError("invalid_body", "A frame on channel 3 is {command, env?, cwd?} or {signal}.");
  return "signal" in result.data
    ? { type: "signal", signal: result.data.signal }
    : { type: "start", start: result.data };
};

/** A frame of output. */
export const outputFrame = (channel: "stdout" | "stderr", data: Uint8Array): Buffer => {
  const frame = Buffer.allocUnsafe(data.length + 1);
  frame[0] = execChannel[channel];
  frame.set(data, 1);
  return frame;
};

/** The last frame: how the command ended, or why it could not be run. */
export const endFrame = (end: { exitCode: number } | { error: string }): Buffer =>
  Buffer.concat([Buffer.of(execChannel.control), Buffer.from(JSON.stringify(end), "utf8")]);
