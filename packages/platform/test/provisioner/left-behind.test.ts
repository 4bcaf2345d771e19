import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { workspacePlace } from "../../src/provisioner/sandbox/place.ts";
import { createPlainSandbox } from "../../src/provisioner/sandbox/plain.ts";
import { machine } from "./machine.ts";

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "k8shell-left-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

test.each([
  ["with its mark", ""],
  ["without its mark", "env -i "],
])(
  "a program left behind %s by git's hooks ends before the server touches the files",
  async (_how, prefix) => {
    const ownUsers = process.getuid?.() === 0;
    const sandbox = createPlainSandbox({
      tools: { node: process.execPath, dist: directory, entry: "none", bin: [] },
      cgroups: undefined,
      ownUsers,
    });
    const marker = `76${process.pid}.5${prefix.length}`;
    const spec = {
      name: "alice-1",
      instance: `left-${marker}`,
      hostname: "alice-1",
      user: { username: "alice", uid: 10_001, gid: 10_001, fullname: "", shell: "/bin/sh" },
      hostUid: ownUsers ? 1_987_654_321 : undefined,
      place: { ...workspacePlace(directory), home: "/" },
      storages: [],
      limits: {},
    };
    // Without the mark and without a user of its own there is nothing to tell it by.
    const script = `(setsid ${ownUsers ? prefix : ""}sleep ${marker} >/dev/null 2>&1 &)`;
    const { code } = await sandbox.runOnce(spec, ["sh", "-c", script], {
      env: {},
      signal: AbortSignal.timeout(20_000),
    });
    expect(code).toBe(0);
    expect(machine.find(`sleep\0${marker}`)).toEqual([]);
  },
);
