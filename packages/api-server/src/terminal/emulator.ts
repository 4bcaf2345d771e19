import type headless from "@xterm/headless";
import type { TerminalSize } from "./shell-opener.ts";

/** What a terminal emulator is fed with. */
export type EmulatorStep = { readonly data: Uint8Array | string } | { readonly size: TerminalSize };

/** Lines above the screen that a snapshot has. */
const scrollback = 500;
/** A snapshot that is larger than this, characters, goes without what is above the screen. */
const maxSnapshot = 512 * 1024;

/** Bytes that are emulated without a pause in which output of other terminals can pass: a millisecond or two. */
const pieceBytes = 16 * 1024;

/** Loaded with the first terminal: an idle server needs none. */
const load = async () => {
  const [{ default: xterm }, { default: serialize }] = await Promise.all([
    import("@xterm/headless"),
    import("@xterm/addon-serialize"),
  ]);
  return { Terminal: xterm.Terminal, SerializeAddon: serialize.SerializeAddon };
};
let loading: ReturnType<typeof load> | undefined;

/** Loads the emulator, so that the first picture does not wait for it while output goes on. */
export const prepareEmulator = (): void => {
  loading ??= load();
};

const write = (terminal: headless.Terminal, data: Uint8Array | string): Promise<void> =>
  new Promise((resolve) => terminal.write(data, resolve));

/** @param data in which characters and control sequences may be cut anywhere */
const writeInPieces = async (terminal: headless.Terminal, data: Uint8Array): Promise<void> => {
  for (let at = 0; at < data.length; at += pieceBytes)
    await write(terminal, data.subarray(at, at + pieceBytes));
};

/**
 * What a terminal shows after these steps, as text that makes a fresh terminal of the last size show the same: screen,
 * lines above it, colours, cursor, and modes such as the alternate screen.
 */
export const emulate = async (size: TerminalSize, steps: readonly EmulatorStep[]): Promise<string> => {
  loading ??= load();
  const { Terminal, SerializeAddon } = await loading;
  const terminal = new Terminal({ ...size, scrollback, allowProposedApi: true, logLevel: "off" });
  const addon = new SerializeAddon();
  // The serializer is written against the browser's terminal; it uses only what both have.
  terminal.loadAddon(addon as unknown as headless.ITerminalAddon);
  let cursorHidden = false;
  let margins = "";
  const noteCursor = (hidden: boolean) => (parameters: (number | number[])[]) => {
    if (parameters.includes(25)) cursorHidden = hidden;
    return false;
  };
  terminal.parser.registerCsiHandler({ prefix: "?", final: "l" }, noteCursor(true));
  terminal.parser.registerCsiHandler({ prefix: "?", final: "h" }, noteCursor(false));
  terminal.parser.registerCsiHandler({ final: "r" }, ([top, bottom]) => {
    margins = typeof top === "number" && typeof bottom === "number" && bottom > 0 ? `${top};${bottom}` : "";
    return false;
  });
  try {
    for (const step of steps) {
      if ("size" in step) terminal.resize(step.size.cols, step.size.rows);
      else if (typeof step.data === "string") await write(terminal, step.data);
      else await writeInPieces(terminal, step.data);
    }
    let text = addon.serialize({ scrollback });
    if (text.length > maxSnapshot) text = addon.serialize({ scrollback: 0 });
    // What the serializer leaves out. Setting the margins moves the cursor, so it is saved around that.
    if (margins !== "") text += `\x1b7\x1b[${margins}r\x1b8`;
    if (cursorHidden) text += "\x1b[?25l";
    return text;
  } finally {
    terminal.dispose();
  }
};
