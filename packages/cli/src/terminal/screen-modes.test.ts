import { expect, it } from "vitest";
import { createScreenModes } from "./screen-modes.ts";

it("knows the alternate screen, also when its sequence comes in two pieces", () => {
  const modes = createScreenModes();
  modes.saw(Buffer.from("hello \u001b[?10"));
  expect(modes.alternate).toBe(false);
  modes.saw(Buffer.from("49h\u001b[22;0;0t"));
  expect(modes.alternate).toBe(true);
  modes.saw(Buffer.from("\u001b[?1049l"));
  expect(modes.alternate).toBe(false);
});

it("switches off just what is on", () => {
  const modes = createScreenModes();
  modes.saw(Buffer.from("\u001b[?1000;1006h\u001b[?2004h\u001b[?2004l"));
  expect(modes.restore()).toBe("\u001b[?1000l\u001b[?1006l\u001b>\u001b[?25h\u001b[0m");
  expect(modes.restore()).toBe("\u001b>\u001b[?25h\u001b[0m");
});

it("a reset of the terminal switches everything off", () => {
  const modes = createScreenModes();
  modes.saw(Buffer.from("\u001b[?1049h\u001bc"));
  expect(modes.alternate).toBe(false);
});
