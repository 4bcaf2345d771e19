import xterm from "@xterm/headless";
import { expect, test } from "vitest";
import type { Cast } from "../src/sessions/cast.ts";
import { createPlayer } from "../src/sessions/player.ts";
import { createPlayerScreen } from "../src/sessions/player-screen.ts";

const start = (cast: Cast) => {
  const terminal = new xterm.Terminal({ cols: cast.cols, rows: cast.rows, allowProposedApi: true });
  const player = createPlayer(
    cast,
    createPlayerScreen(terminal, () => {}),
    () => {},
  );
  /** The first line, once everything that was written is on the screen. */
  const line = async (): Promise<string> => {
    await new Promise<void>((done) => terminal.write("", done));
    return terminal.buffer.active.getLine(0)?.translateToString(true) ?? "";
  };
  return { player, line, terminal };
};

test("output from before a change of the size is shown in the size that it was made for", async () => {
  const { player, line, terminal } = start({
    cols: 10,
    rows: 3,
    duration: 3,
    events: [
      // Column 15 of 10 is the last one.
      { time: 1, code: "o", data: "\x1b[1;15HX" },
      { time: 2, code: "r", data: "20x3" },
    ],
  });
  player.seek(3);
  expect(await line()).toBe("         X");
  expect(terminal.cols).toBe(20);
});

test("going back shows nothing of what comes later", async () => {
  const { player, line, terminal } = start({
    cols: 40,
    rows: 3,
    duration: 4,
    events: [
      { time: 1, code: "o", data: "early" },
      { time: 2, code: "r", data: "20x3" },
      { time: 3, code: "o", data: " late" },
    ],
  });
  // As the slider is dragged there and back.
  player.seek(4);
  player.seek(1.5);
  expect(await line()).toBe("early");
  expect(terminal.cols).toBe(40);
});
