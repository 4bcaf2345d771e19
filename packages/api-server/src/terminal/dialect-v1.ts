import {
  cloudshellProtocol,
  decodeFrame,
  errorFrame,
  explorerFrame,
  outputFrame,
  pongFrame,
} from "./cloudshell-codec.ts";
import type { ClientEvent, Dialect } from "./dialect.ts";
import type { OutputFormat } from "./output-viewer.ts";
import { createUtf8Chunker } from "./utf8-chunker.ts";

export { cloudshellProtocol };

const decode = (frame: Uint8Array): ClientEvent => {
  const payload = decodeFrame(frame);
  switch (payload.case) {
    case "ping":
      return { kind: "ping" };
    case "terminalInput":
      return { kind: "input", data: Buffer.from(payload.value.data, "utf8") };
    case "terminalResize":
      return { kind: "resize", cols: payload.value.cols, rows: payload.value.rows };
    case "fileExplorer":
      return { kind: "explorer", message: payload.value };
    default:
      return { kind: "other" };
  }
};

const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);

/** Output as text: what is sent is valid UTF-8 in every frame. */
const output = (): OutputFormat => {
  let text = createUtf8Chunker();
  const frameOf = (bytes: Uint8Array) => (bytes.length > 0 ? outputFrame([bytes]) : undefined);
  return {
    output(_offset, length, copy) {
      const bytes = Buffer.allocUnsafe(length);
      copy(bytes, 0);
      return frameOf(text.push(bytes));
    },
    snapshot(screen) {
      text = createUtf8Chunker();
      return outputFrame([Buffer.from(`\x18\x1bc${screen.text}`)]);
    },
    skipped(bytes) {
      text = createUtf8Chunker();
      // CAN ends a control sequence that was cut, and colours are reset.
      return outputFrame([Buffer.from(`\x18\x1b[m\r\n[${megabytes(bytes)} MB of output skipped]\r\n`)]);
    },
    resized: () => undefined,
    last: () => frameOf(text.flush()),
  };
};

/** Subprotocol `cloudshell-v1` (rest-contract 3.4). */
export const dialectV1: Dialect = {
  greets: false,
  numbered: false,
  decode,
  pong: pongFrame,
  notice: errorFrame,
  explorer: explorerFrame,
  welcome: () => undefined,
  exit: () => undefined,
  terminals: () => undefined,
  output,
};
