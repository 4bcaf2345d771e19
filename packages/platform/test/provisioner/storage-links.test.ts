import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  addUser,
  buildDaemon,
  lastStatus,
  openPlatform,
  type Platform,
  provision,
  run,
  start,
} from "./harness.ts";

/** A storage within another, as any repository's `.k8shell.yaml` may ask for. */
const blueprints = `blueprints:
  - name: nested
    storages:
      outer: { mountPath: /data }
      inner: { mountPath: /data/a/bin }
  - name: nested-at-home
    storages:
      outer: { mountPath: ~/data }
      inner: { mountPath: ~/data/a/bin }
`;

let platform: Platform;
let outside: string;

beforeAll(async () => {
  await buildDaemon();
  outside = await mkdtemp(join(tmpdir(), "k8shell-outside-"));
  platform = await openPlatform();
  await mkdir(join(platform.dataDir, "blueprints"), { recursive: true });
  await writeFile(join(platform.dataDir, "blueprints", "nested.yaml"), blueprints);
  await platform.restart();
  await addUser(platform, "alice", ["*"]);
});
afterAll(async () => {
  await platform.discard();
  await rm(outside, { recursive: true, force: true });
});

/** Starts a workspace again after its user did something to the directory of its outer storage. */
const restartAfter = async (blueprint: string, command: string) => {
  const { workspace, ...said } = await provision(platform, `alice~${blueprint}`);
  expect(lastStatus({ workspace, ...said })).toBe("Running");
  const done = await run(platform, workspace, command);
  await platform.provisioner.stopWorkspace({ workspace });
  const again = await start(platform, workspace);
  await platform.provisioner.deleteWorkspace({ workspace });
  return { done, status: lastStatus(again), messages: again.events.map(({ message }) => message) };
};

/** While the sandbox is built, the machine is at /oldroot and the sandbox itself at /newroot. */
describe.each([
  ["in another storage", "nested", "/data"],
  ["in a storage in the home", "nested-at-home", "/home/alice/data"],
])("a storage %s", (_where, blueprint, directory) => {
  test("keeps its files over a restart", async () => {
    const { status } = await restartAfter(blueprint, `echo x > ${directory}/a/bin/file`);
    expect(status).toBe("Running");
  });

  test.each([
    ["the machine", () => `/oldroot${outside}`],
    ["the programs that still run as root in the sandbox", () => "/newroot/usr"],
    ["elsewhere in the home", () => "/home/alice"],
  ])("is not mounted through a link to %s", async (_what, target) => {
    const link = `mv ${directory}/a ${directory}/b && ln -s ${target()} ${directory}/a`;
    const { done, status, messages } = await restartAfter(blueprint, link);
    expect(done.code).toBe(0);
    expect(status).toBe("Error");
    expect(messages.join("\n")).toMatch(/cannot be mounted/);
    expect(await readdir(outside)).toEqual([]);
  });
});
