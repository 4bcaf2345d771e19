import { mkdtempSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createPipeMaker } from "./pipes.ts";
import { watchSilence } from "./silence.ts";

test("what waits in a pipe when the time is over is no silence", async () => {
  const home = mkdtempSync(join(tmpdir(), "k8shell-silence-"));
  onTestFinished(() => rmSync(home, { recursive: true }));
  const pipe = await createPipeMaker(join(home, "pipes"))();
  onTestFinished(() => {
    pipe.release();
    pipe.stream.destroy();
  });
  const events: string[] = [];
  const over = Promise.withResolvers<void>();
  let asked = 0;
  const watch = watchSilence(
    50,
    () => {
      events.push("silence");
      over.resolve();
    },
    () => {
      asked += 1;
      // The fifth look is the last: what comes now has not been read by then.
      if (asked === 5) writeSync(pipe.fd, "late");
      return false;
    },
  );
  pipe.stream.on("data", (bytes) => {
    events.push(String(bytes));
    watch.heard();
  });
  await over.promise;
  expect(events).toEqual(["late", "silence"]);
});

test("a watch that is stopped between its last look and the next turn keeps quiet", async () => {
  const asked = Promise.withResolvers<void>();
  let silences = 0;
  let looks = 0;
  const watch = watchSilence(
    10,
    () => {
      silences += 1;
    },
    () => {
      looks += 1;
      if (looks === 5) {
        queueMicrotask(() => {
          watch.stop();
          asked.resolve();
        });
      }
      return false;
    },
  );
  await asked.promise;
  await new Promise((turn) => setImmediate(turn));
  expect(silences).toBe(0);
});
