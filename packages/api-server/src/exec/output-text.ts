import { createUtf8Chunker } from "../terminal/utf8-chunker.ts";

export type OutputEncoding = "utf8" | "base64";

/** One stream of a command as text, never cutting a code point. */
export interface OutputText {
  push(data: Uint8Array): string;
  end(): string;
}

const nothing = Buffer.alloc(0);

/** Base64 of a stream: pieces may be put together again, so each has whole groups of three bytes. */
const createBase64 = (): OutputText => {
  let held = nothing;
  return {
    push(data) {
      const bytes = Buffer.concat([held, data]);
      const whole = bytes.length - (bytes.length % 3);
      held = Buffer.from(bytes.subarray(whole));
      return bytes.toString("base64", 0, whole);
    },
    end: () => held.toString("base64"),
  };
};

const createUtf8 = (): OutputText => {
  const chunker = createUtf8Chunker();
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("utf8");
  return { push: (data) => text(chunker.push(data)), end: () => text(chunker.flush()) };
};

export const createOutputText = (encoding: OutputEncoding): OutputText =>
  encoding === "base64" ? createBase64() : createUtf8();

/** Collects the beginning of a stream; what is over the limit is counted and dropped. */
export const createCollector = (encoding: OutputEncoding, maxBytes: number) => {
  const chunks: Uint8Array[] = [];
  let kept = 0;
  let truncated = false;
  return {
    push(data: Uint8Array): void {
      const room = maxBytes - kept;
      if (data.length > room) truncated = true;
      if (room <= 0) return;
      const piece = data.subarray(0, room);
      chunks.push(piece);
      kept += piece.length;
    },
    result(): { text: string; truncated: boolean } {
      const output = createOutputText(encoding);
      const bytes = Buffer.concat(chunks, kept);
      return { text: output.push(bytes) + output.end(), truncated };
    },
  };
};
