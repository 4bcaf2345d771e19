import headless from "@xterm/headless";
import { expect, test } from "vitest";
import { createByteRing } from "./byte-ring.ts";
import { createScreen } from "./screen.ts";

const size = { cols: 40, rows: 10 };

/** The lines of a fresh terminal that is shown this. */
const linesOf = async (...parts: ReadonlyArray<string | Uint8Array>): Promise<string[]> => {
  const terminal = new headless.Terminal({ ...size, allowProposedApi: true });
  for (const part of parts) await new Promise<void>((resolve) => terminal.write(part, resolve));
  const { active } = terminal.buffer;
  return Array.from({ length: size.rows }, (_, row) => active.getLine(row)?.translateToString(true) ?? "");
};

test.each([
  ["a cursor move", "\x1b[3;5", "Hbelow"],
  ["the first byte of a sequence", "\x1b", "[3;5Hbelow"],
  ["a colour", "\x1b[38;2;255;0", ";0mred"],
  ["a title", "\x1b]0;a ti", "tle\x07text"],
  ["a character", Buffer.from("ä").subarray(0, 1), Buffer.from("ä").subarray(1)],
])("a picture made in the middle of %s is gone on with rightly", async (_what, before, after) => {
  const ring = createByteRing(4096);
  const screen = createScreen({ ring, capacity: 4096, size });
  const print = (part: string | Uint8Array) => {
    const bytes = Buffer.from(part);
    screen.beforePush(bytes.length);
    ring.push(bytes);
  };
  print("\x1b[2J\x1b[Hbegun\r\n");
  print(before);
  const picture = await screen.renew();
  print(after);
  const wanted = await linesOf("begun\r\n", Buffer.concat([Buffer.from(before), Buffer.from(after)]));
  // For a client, and for the next picture.
  expect(await linesOf(picture.text, ring.read(picture.offset))).toEqual(wanted);
  const next = await screen.renew();
  expect(await linesOf(next.text, ring.read(next.offset))).toEqual(wanted);
});
