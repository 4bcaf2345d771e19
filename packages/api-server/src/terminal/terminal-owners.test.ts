import { type KvBucket, sqliteKv } from "@k8shell/kv";
import pino from "pino";
import { expect, onTestFinished, test } from "vitest";
import { createTerminalOwners } from "./terminal-owners.ts";

const log = pino({ level: "silent" });
const terminal = { shellId: "ws-1", username: "alice", attachedAt: "2026-01-01T00:00:00Z" };

test("a server that stood while another took its terminal leaves the other's note as it is", async () => {
  const kv = sqliteKv({ file: ":memory:" });
  onTestFinished(() => kv.close());
  const bucket = await kv.bucket("terminal-owners");
  let looks = 0;
  const watched: KvBucket = Object.assign(Object.create(bucket) as KvBucket, {
    get(key: string) {
      looks += 1;
      return bucket.get(key);
    },
  });
  const make = (replica: string, on: KvBucket, renewMs: number) => {
    const owners = createTerminalOwners({ bucket: on, replica, onAsked: () => {}, log, renewMs });
    onTestFinished(owners.close);
    return owners;
  };
  const standing = make("standing", watched, 10);
  const other = make("other", bucket, 1_000_000);
  await standing.claim("w", terminal);
  await other.claim("w", terminal);
  // Each renewal comes after the one before it has been written, or left.
  const before = looks;
  await expect.poll(() => looks, { timeout: 60_000 }).toBeGreaterThan(before + 3);
  expect(await standing.elsewhere("w")).toEqual([expect.objectContaining({ replica: "other" })]);
  await standing.release("w", terminal.shellId);
  expect(await standing.elsewhere("w")).toHaveLength(1);
});
