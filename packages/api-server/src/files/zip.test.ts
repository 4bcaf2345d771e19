import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { ArchiveEntry } from "./archive-format.ts";
import { createZip } from "./zip.ts";

const directory = () => {
  const made = mkdtempSync(join(tmpdir(), "zip-"));
  onTestFinished(() => rmSync(made, { recursive: true }));
  return made;
};

const entry = (path: string, more: Partial<ArchiveEntry> = {}): ArchiveEntry => ({
  path: Buffer.from(path),
  type: "file",
  size: 0,
  mode: 0o644,
  uid: 0,
  gid: 0,
  mtime: 1_700_000_001,
  ...more,
});

test("the system's unzip finds names, modes, times, links and content as they were", () => {
  const at = directory();
  const zip = createZip();
  const big = Buffer.alloc(200_000, "abcdefg");
  const bytes = Buffer.concat(
    [
      zip.begin(entry("top/", { type: "directory", mode: 0o755 })),
      zip.end(),
      zip.begin(entry("top/päper.sh", { size: big.length, mode: 0o750 })),
      zip.content(big.subarray(0, 70_000)),
      zip.content(big.subarray(70_000)),
      zip.end(),
      zip.begin(entry("top/empty")),
      zip.end(),
      zip.begin(entry("top/link", { type: "symlink", target: Buffer.from("päper.sh") })),
      zip.end(),
      zip.finish(),
    ].flat(),
  );
  writeFileSync(join(at, "a.zip"), bytes);
  const test = spawnSync("unzip", ["-t", "a.zip"], { cwd: at, encoding: "utf8" });
  expect([test.status, test.stdout]).toEqual([0, expect.stringContaining("No errors detected")]);
  expect(
    spawnSync("unzip", ["-q", "a.zip"], { cwd: at, env: { ...process.env, LC_ALL: "C.UTF-8" } }).status,
  ).toBe(0);
  expect(readFileSync(join(at, "top/päper.sh")).equals(big)).toBe(true);
  const { mode, mtimeMs } = statSync(join(at, "top/päper.sh"));
  expect([mode & 0o777, mtimeMs]).toEqual([0o750, 1_700_000_001_000]);
  expect(statSync(join(at, "top/empty")).size).toBe(0);
  expect(readlinkSync(join(at, "top/link"))).toBe("päper.sh");
});

test("offsets and sizes beyond 32 bits are written in 64", () => {
  const zip = createZip(0x1_0000_0010);
  const parts = [
    zip.begin(entry("small", { size: 3 })),
    zip.content(Buffer.from("abc")),
    zip.end(),
    zip.begin(entry("large", { size: 0x1_0000_0000 })),
    zip.end(),
  ].flat();
  const finish = Buffer.concat(zip.finish());
  const before = 0x1_0000_0010 + parts.reduce((sum, part) => sum + part.length, 0);
  // The end record of the 64-bit kind, its locator, then the old one with its "look there" values.
  const wide = finish.length - 22 - 20 - 56;
  expect(finish.readUInt32LE(wide)).toBe(0x06064b50);
  expect(finish.readBigUInt64LE(wide + 48)).toBe(BigInt(before));
  expect(finish.readBigUInt64LE(wide + 56 + 8)).toBe(BigInt(before + wide));
  expect(finish.readUInt32LE(finish.length - 22 + 16)).toBe(0xffff_ffff);
  // Extra fields of the first member: timestamp (9 bytes), then its offset in 64 bits.
  const extras = 46 + "small".length + 9;
  expect([finish.readUInt16LE(extras), finish.readUInt16LE(extras + 2)]).toEqual([1, 8]);
  expect(finish.readBigUInt64LE(extras + 4)).toBe(0x1_0000_0010n);
  // The local header of the large member says that its descriptor has 64-bit sizes.
  const local = parts.find((part) => Buffer.from(part).includes("large"));
  expect(Buffer.from(local ?? []).readUInt32LE(18)).toBe(0xffff_ffff);
});

test("a zip takes no more members than its directory has room for", () => {
  const zip = createZip();
  let count = 0;
  while (!zip.isFull()) {
    zip.begin(entry(`${"n".repeat(4000)}${count}`));
    zip.end();
    count += 1;
  }
  expect(count).toBeGreaterThan(8_000);
  expect(count).toBeLessThan(9_000);
});
