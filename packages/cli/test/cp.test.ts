import { createHash, randomBytes } from "node:crypto";
import { chmod, mkdir, readdir, readFile, readlink, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type CuttableProxy, startCuttableProxy } from "../../../test/e2e/cuttable-proxy.ts";
import { discard, type RunningServer } from "../../../test/e2e/harness.ts";
import { startCli } from "./pty.ts";
import { newDirectory, runCli, startCliPlatform } from "./run-cli.ts";

const mega = 1 << 20;
let server: RunningServer;
let proxy: CuttableProxy;
let home: string;
let dir: string;
let name: string;
let viaProxy: Record<string, string>;

const run = (...args: string[]) => runCli(home, ["workspace", ...args]);
const digest = (data: Uint8Array) => createHash("sha256").update(data).digest("hex");

beforeAll(async () => {
  const platform = await startCliPlatform();
  ({ server, home, name } = platform);
  dir = await newDirectory();
  proxy = await startCuttableProxy(server.url);
  viaProxy = { K8SHELL_SERVER: proxy.url, K8SHELL_TOKEN: platform.token };
});
afterAll(async () => {
  await proxy.close();
  await discard(server);
});

it("copies a file both ways, into directories that are there too", async () => {
  const file = join(dir, "note.txt");
  await writeFile(file, "hello\n");
  const up = await run("cp", file, `${name}:`);
  expect(up).toMatchObject({ code: 0, stdout: "", stderr: "note.txt  6 B\n1 file, 6 B\n" });
  await run("exec", name, "--", "mkdir", "there");
  expect((await run("cp", file, "dev:there")).code).toBe(0);
  expect((await run("cp", file, "dev:there/renamed")).code).toBe(0);
  expect((await run("exec", name, "--", "cat", "note.txt", "there/note.txt", "there/renamed")).stdout).toBe(
    "hello\nhello\nhello\n",
  );
  const back = join(dir, "back");
  await mkdir(back);
  expect((await run("cp", "dev:there/renamed", back)).code).toBe(0);
  expect((await run("cp", "dev:note.txt", join(back, "other"))).code).toBe(0);
  expect(await readFile(join(back, "renamed"), "utf8")).toBe("hello\n");
  expect((await readdir(back)).sort()).toEqual(["other", "renamed"]);
});

it("sends programs as programs, small and large, alone and in a directory", async () => {
  const tools = join(dir, "tools");
  await mkdir(tools);
  await writeFile(join(tools, "small"), "#!/bin/sh\necho ran\n", { mode: 0o755 });
  await writeFile(
    join(tools, "large"),
    Buffer.concat([Buffer.from("#!/bin/sh\nexit 7\n"), Buffer.alloc(5 * mega)]),
    {
      mode: 0o700,
    },
  );
  await writeFile(join(tools, "notes"), "no program\n", { mode: 0o644 });
  expect((await run("cp", tools, "dev:")).code).toBe(0);
  expect((await run("cp", join(tools, "small"), "dev:alone")).code).toBe(0);
  const script = "./alone; ./tools/small; ./tools/large; echo $?; test -x tools/notes || echo not notes";
  expect((await run("exec", name, "-s", "--", script)).stdout).toBe("ran\nran\n7\nnot notes\n");
});

it("fetches files of every name that this system can have, each for those to read who could before", async () => {
  const long = "é".repeat(127);
  await run(
    "exec",
    name,
    "-s",
    "--",
    `mkdir odd && cd odd && echo a > 'back\\slash' && echo b > ${long} && echo c > key && chmod 600 key && echo d > run && chmod 750 run`,
  );
  const odd = join(dir, "odd");
  expect(await run("cp", "dev:odd", odd)).toMatchObject({ code: 0 });
  expect((await readdir(odd)).sort()).toEqual(["back\\slash", "key", "run", long]);
  expect(await readFile(join(odd, long), "utf8")).toBe("b\n");
  const modeOf = async (file: string) => (await stat(join(odd, file))).mode & 0o777;
  expect(await modeOf("key")).toBe(0o600);
  expect(await modeOf("run")).toBe(0o750 & ~process.umask());
  // A file that is replaced keeps its own.
  await chmod(join(odd, "back\\slash"), 0o600);
  await run("exec", name, "-s", "--", "echo longer > 'odd/back\\slash'");
  expect(await run("cp", "dev:odd/back\\slash", odd)).toMatchObject({ code: 0 });
  expect(await readFile(join(odd, "back\\slash"), "utf8")).toBe("longer\n");
  expect(await modeOf("back\\slash")).toBe(0o600);
  // So does a link that leads to one.
  await symlink("key", join(odd, "to-key"));
  expect(await run("cp", "dev:odd/run", join(odd, "to-key"))).toMatchObject({ code: 0 });
  expect(await readFile(join(odd, "key"), "utf8")).toBe("d\n");
  expect(await readlink(join(odd, "to-key"))).toBe("key");
});

it("copies directories with everything in them, and says what it leaves out", async () => {
  const tree = join(dir, "tree");
  await mkdir(join(tree, "deep/.hidden"), { recursive: true });
  await writeFile(join(tree, "deep/.hidden/a b.txt"), "a");
  await writeFile(join(tree, "empty"), "");
  await symlink("empty", join(tree, "link"));
  await symlink("deep", join(tree, "dirlink"));
  await symlink("nowhere", join(tree, "broken"));
  await writeFile(Buffer.concat([Buffer.from(join(tree, "raw")), Buffer.from([0xff])]), "");
  const up = await run("cp", tree, "dev:");
  expect(up.code).toBe(0);
  expect(up.stderr).toMatch(/^left out: \S+\/dirlink \(a link to a directory\)$/m);
  expect(up.stderr).toMatch(/^left out: \S+\/broken \(a link that leads nowhere\)$/m);
  expect(up.stderr).toMatch(/^left out: \S+\/raw\ufffd \(its name is not UTF-8\)$/m);
  const list = await run("exec", name, "-s", "--", "cd tree && find . -type f | sort && chmod +x empty");
  expect(list.stdout).toBe("./deep/.hidden/a b.txt\n./empty\n./link\n");

  const copy = join(dir, "copy");
  const down = await run("cp", "dev:tree", copy, "--json");
  expect(JSON.parse(down.stdout)).toEqual({ files: 3, bytes: 1, leftOut: [] });
  expect(await readFile(join(copy, "deep/.hidden/a b.txt"), "utf8")).toBe("a");
  expect((await stat(join(copy, "empty"))).mode & 0o111).not.toBe(0);
  // Into a directory that is there; what it has already is left, and what has changed is fetched.
  await writeFile(join(tree, "deep/.hidden/a b.txt"), "changed here");
  expect((await run("cp", "dev:tree", dir)).code).toBe(0);
  expect(await readFile(join(tree, "deep/.hidden/a b.txt"), "utf8")).toBe("a");
});

it("copies standard input and output", async () => {
  const data = randomBytes(300_000);
  const up = await runCli(home, ["ws", "cp", "-", "dev:piped"], { stdin: data });
  expect(up.code).toBe(0);
  const sum = await run("exec", name, "--", "sha256sum", "piped");
  expect(sum.stdout).toContain(digest(data));
  const down = await run("cp", "dev:note.txt", "-");
  expect(down.stdout).toBe("hello\n");
});

it("an upload that is interrupted goes on where it was", async () => {
  const data = randomBytes(40 * mega);
  const file = join(dir, "big");
  await writeFile(file, data);
  const held = proxy.holdAfter("up", 20 * mega);
  const first = startCli(home, ["ws", "cp", file, `${name}:big`], { env: viaProxy });
  await held;
  await first.shows(/\[#+-*\] +\d+% .* of 40\.0 MB/);
  first.type("\u0003");
  expect(await first.exit).toBe(130);
  expect(first.screen()).toContain("The same command goes on with it.");
  proxy.cut();
  const before = proxy.passed.up;
  const second = await runCli(home, ["ws", "cp", file, `${name}:big`], { env: viaProxy });
  expect(second.stderr).toBe("big  40.0 MB\n1 file, 40.0 MB\n");
  expect(proxy.passed.up - before).toBeLessThan(36 * mega);
  expect((await run("exec", name, "--", "sha256sum", "big")).stdout).toContain(digest(data));
});

it("a download that is interrupted goes on where it was, unless the file has changed", async () => {
  const there = await run("exec", name, "--", "sha256sum", "big");
  const target = join(dir, "fetched");
  const interrupt = async () => {
    const held = proxy.holdAfter("down", 20 * mega);
    const first = startCli(home, ["ws", "cp", `${name}:big`, target], { env: viaProxy });
    await held;
    await first.shows(/\[#+-*\]/);
    first.type("\u0003");
    expect(await first.exit).toBe(130);
    proxy.cut();
    return proxy.passed.down;
  };
  let before = await interrupt();
  expect((await runCli(home, ["ws", "cp", `${name}:big`, target], { env: viaProxy })).code).toBe(0);
  expect(proxy.passed.down - before).toBeLessThan(36 * mega);
  expect(there.stdout).toContain(digest(await readFile(target)));

  await run("exec", name, "-s", "--", "touch -d 2001-01-01 big");
  before = await interrupt();
  const now = await run(
    "exec",
    name,
    "-s",
    "--",
    "printf x | dd of=big conv=notrunc 2>/dev/null; sha256sum big",
  );
  expect((await runCli(home, ["ws", "cp", `${name}:big`, target], { env: viaProxy })).code).toBe(0);
  expect(proxy.passed.down - before).toBeGreaterThan(40 * mega);
  expect(now.stdout).toContain(digest(await readFile(target)));

  // Another file of the same size and time is no version of it.
  const line = "head -c $(stat -c %s big) /dev/urandom > other && touch -r big other && sha256sum other";
  const other = await run("exec", name, "-s", "--", line);
  await interrupt();
  expect((await run("cp", `${name}:other`, target)).code).toBe(0);
  expect(other.stdout).toContain(digest(await readFile(target)));
  expect((await readdir(dir)).filter((file) => file.endsWith(".part"))).toEqual([]);
});

it("a line that is cut for a moment is not noticed", async () => {
  const held = proxy.holdAfter("up", 10 * mega);
  const copying = runCli(home, ["ws", "cp", join(dir, "big"), `${name}:again`], { env: viaProxy });
  await held;
  proxy.cut();
  expect((await copying).code).toBe(0);
  const sums = await run("exec", name, "--", "sha256sum", "again");
  expect(sums.stdout).toContain(digest(await readFile(join(dir, "big"))));
});

it("says what is wrong with what it cannot copy", async () => {
  const cases: Array<[string[], number, string]> = [
    [["a", "b"], 2, "Neither place is in a workspace."],
    [["dev:a", "dev:b"], 2, "Both places are in workspaces."],
    [[join(dir, "none"), "dev:"], 5, "WORKSPACE:PATH"],
    [["dev:none", dir], 5, "workspace ls"],
    [["dev:tree", "-"], 2, "is a directory"],
    [["dev:tree", join(dir, "note.txt")], 2, "is a file"],
    [[join(dir, "note.txt"), "dev:/proc/none/x"], 5, ""],
    [[join(dir, "note.txt"), "admin-0000000:x"], 5, ""],
  ];
  for (const [args, code, text] of cases) {
    const result = await run("cp", ...args);
    expect({ args, code: result.code }).toEqual({ args, code });
    expect(result.stderr).toContain(text);
  }
});
