import { expect, test } from "vitest";
import { createRedactor } from "./redactor.ts";

const run = (patterns: RegExp[], chunks: readonly (string | Uint8Array)[]) => {
  const redactor = createRedactor(patterns);
  const out = chunks.map((chunk) => redactor.push(typeof chunk === "string" ? Buffer.from(chunk) : chunk));
  return Buffer.concat([...out, redactor.flush()]).toString("utf8");
};

test("a secret is replaced wherever it is cut into chunks", () => {
  const text = "before\nexport KEY=secret-12345 after\nend";
  for (let cut = 0; cut <= text.length; cut += 1) {
    expect(run([/secret-\d+/], [text.slice(0, cut), text.slice(cut)])).toBe(
      "before\nexport KEY=[redacted] after\nend",
    );
  }
  expect(run([/secret-\d+/], [...text])).toBe("before\nexport KEY=[redacted] after\nend");
});

test("several patterns apply, every match of each, and what stands for a match is taken literally", () => {
  expect(run([/a+/i, /b/], ["xAaAxbxaxb\n"])).toBe("x[redacted]x[redacted]x[redacted]x[redacted]\n");
  expect(Buffer.from(createRedactor([/s/], "$&$1").push(Buffer.from("s\n"))).toString()).toBe("$&$1\n");
});

test("characters that are cut into bytes stay whole, and a line without an end is held only so far", () => {
  const bytes = Buffer.from("päö€\n");
  expect(
    run(
      [/x/],
      [...bytes].map((byte) => Uint8Array.of(byte)),
    ),
  ).toBe("päö€\n");
  const redactor = createRedactor([/x/]);
  expect(redactor.push(Buffer.alloc(10_000, "a")).length).toBe(10_000 - 4_096);
});
