import { expect, test } from "vitest";
import { createByteRing } from "./byte-ring.ts";
import { createFramePool } from "./frame-pool.ts";
import { createOutputViewer, type OutputFormat } from "./output-viewer.ts";
import { createScreen } from "./screen.ts";
import type { TerminalSize } from "./shell-opener.ts";

const capacity = 4096;

/** Frames as text, in the order in which they are sent. */
const format: OutputFormat = {
  output: (_offset, length, copy, allocate) => {
    const frame = allocate(length);
    copy(frame, 0);
    return frame.subarray(0, length);
  },
  snapshot: ({ cols, rows }) => Buffer.from(`snapshot ${cols}x${rows}`),
  skipped: () => undefined,
  resized: ({ cols, rows }) => Buffer.from(`resized ${cols}x${rows}`),
  last: () => undefined,
};

test("a client whose terminal gets another size while its picture is made has that size in the end", async () => {
  const ring = createByteRing(capacity);
  let size: TerminalSize = { cols: 70, rows: 20 };
  const screen = createScreen({ ring, capacity, size });
  const flood = Buffer.alloc(2 * capacity, "a flood\r\n");
  screen.beforePush(flood.length);
  ring.push(flood);
  const made = screen.renew();
  const sent: string[] = [];
  const viewer = createOutputViewer({
    socket: {
      send(frame, done) {
        sent.push(Buffer.from(frame).toString());
        setImmediate(done);
      },
    },
    terminal: {
      ring,
      screen,
      get size() {
        return size;
      },
      progress() {},
    },
    frames: createFramePool(capacity, 1),
    format,
    from: 0,
    paces: true,
    acknowledges: true,
    count() {},
    onEnd() {},
  });
  viewer.more();
  size = { cols: 80, rows: 24 };
  screen.resized(size);
  viewer.resized(size);
  expect(await made).toMatchObject({ cols: 70, rows: 20 });
  await expect.poll(() => sent).toEqual(["snapshot 70x20", "resized 80x24"]);
});
