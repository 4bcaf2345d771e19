import { execFile, execFileSync } from "node:child_process";
import { chmodSync, constants, copyFileSync, cpSync, linkSync } from "node:fs";
import { chown, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sharedDirectory } from "../../src/provisioner/sandbox/shared-directory.ts";
import { addUser, buildDaemon, openPlatform } from "./harness.ts";
import { machine } from "./machine.ts";
import { type Isolated, tryToEscape } from "./scenario.ts";

const isRoot = process.getuid?.() === 0;
const nobody = 65_534;
const hasBubblewrap = (() => {
  try {
    execFileSync("bwrap", ["--version"]);
    return true;
  } catch {
    return false;
  }
})();

/** What must hold wherever workspaces are protected from each other at all. */
const expectProtected = ({ attempts, victimAlive, left, statuses }: Isolated) => {
  expect(statuses).toEqual(["Running", "Running"]);
  for (const [what, { code, output }] of Object.entries(attempts)) {
    expect(`${what}: ${code === 0 ? "worked" : "failed"}`).toBe(`${what}: failed`);
    expect(output, what).not.toMatch(/SQLite|PAT_TOKEN|root:|uid=0/);
  }
  expect(victimAlive).toEqual([true, true]);
  expect(left).toEqual([]);
};

const withPlatform = async (options: { plain?: boolean }): Promise<Isolated> => {
  const platform = await openPlatform(options);
  try {
    await addUser(platform, "alice", ["dev"]);
    await addUser(platform, "bob", ["dev"]);
    return await tryToEscape(platform, machine);
  } finally {
    await platform.discard();
    await rm(sharedDirectory(platform.dataDir), { recursive: true, force: true });
  }
};

/** Plays the scenario in a process that is not root. */
const asNobody = async (directory: string, plain: boolean): Promise<Isolated> => {
  const dataDir = await mkdtemp(join(directory, "data-"));
  if (isRoot) await chown(dataDir, nobody, nobody);
  const become = isRoot ? ["setpriv", `--reuid=${nobody}`, `--regid=${nobody}`, "--clear-groups"] : ["env"];
  const program = [join(directory, "node"), join(directory, "main.mjs"), dataDir, join(directory, "dist")];
  const [file = "", ...args] = [...become, ...program, ...(plain ? ["plain"] : [])];
  const { stdout } = await promisify(execFile)(file, args, {
    cwd: directory,
    env: { PATH: process.env.PATH, TMPDIR: directory },
  });
  await rm(dataDir, { recursive: true, force: true });
  return JSON.parse(stdout);
};

describe("workspaces are kept apart", () => {
  let directory: string;

  beforeAll(async () => {
    await buildDaemon();
    directory = await mkdtemp(join(tmpdir(), "k8shell-isolation-"));
    chmodSync(directory, 0o777);
    await build({
      entryPoints: [join(import.meta.dirname, "unprivileged-main.ts")],
      outfile: join(directory, "main.mjs"),
      bundle: true,
      format: "esm",
      platform: "node",
      target: "node24",
      external: ["@grpc/proto-loader"],
      banner: {
        js: 'import { createRequire as bundleRequire } from "node:module"; const require = bundleRequire(import.meta.url);',
      },
      logLevel: "error",
    });
    cpSync(resolve(import.meta.dirname, "../../../workspaced/dist"), join(directory, "dist"), {
      recursive: true,
    });
    const node = join(directory, "node");
    try {
      linkSync(process.execPath, node);
    } catch {
      copyFileSync(process.execPath, node, constants.COPYFILE_FICLONE);
      chmodSync(node, 0o755);
    }
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  test("with bubblewrap and the server's rights, each as a machine user of its own", async () => {
    const seen = await withPlatform({});
    expect(seen.mode).toBe(hasBubblewrap ? "bubblewrap" : "plain");
    expectProtected(seen);
    expect(seen.jobControl).toMatch(/job 0|job 143/);
    expect(seen.jobControl).not.toMatch(/no job control/);
    const [alice, bob] = seen.ids;
    expect(alice?.inside).not.toBe("0");
    expect(alice?.inside).not.toBe(bob?.inside);
    if (isRoot) expect(bob?.outside).toBeGreaterThanOrEqual(20_000);
  });

  test("with bubblewrap by a server that is not root", async () => {
    const seen = await asNobody(directory, false);
    expect(seen.mode).toBe(hasBubblewrap ? "bubblewrap" : "plain");
    if (hasBubblewrap) {
      expectProtected(seen);
      expect(seen.ids.map(({ inside }) => inside)).toEqual(["10001", "10002"]);
      expect(seen.ids[1]?.outside).toBe(isRoot ? nobody : process.getuid?.());
    }
    expect(seen.left).toEqual([]);
  });

  test("as plain processes without rights they run, say that nothing protects them, and leave nothing behind", async () => {
    const seen = await asNobody(directory, true);
    expect(seen).toMatchObject({ mode: "plain", statuses: ["Running", "Running"], left: [] });
    expect(seen.detail).toMatch(/NOT protected/);
  });

  test("as plain processes of a root server by users of their own, even below a private directory", async () => {
    const seen = await withPlatform({ plain: true });
    expect(seen.mode).toBe("plain");
    expect(seen.left).toEqual([]);
    expect(seen.statuses).toEqual(["Running", "Running"]);
    // Without a pid namespace others' processes can be seen, though not touched.
    const { "find another's process": _, ...rest } = seen.attempts;
    if (isRoot) expectProtected({ ...seen, attempts: rest });
    expect(seen.detail).toMatch(isRoot ? /user of its own/ : /NOT protected/);
  });

  test("the server's data directory is covered even below a system directory", async () => {
    // What bubblewrap is told; making a directory below /usr is not a test's business.
    const { lookAtHost } = await import("../../src/provisioner/sandbox/bubblewrap.ts");
    expect((await lookAtHost(["/usr/share", "/nowhere"])).hidden).toEqual(["/usr/share"]);
  });
});
