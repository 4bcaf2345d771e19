import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLog } from "@k8shell/contract";
import { createPipe } from "@k8shell/rpc";
import { createSftpClient, OpenFlag } from "@k8shell/sftp";
import { expect, onTestFinished, test } from "vitest";
import { createUnfinishedUploads } from "../src/exec/unfinished-uploads.ts";
import { startDaemon } from "./fixture.ts";

type Daemon = Awaited<ReturnType<typeof startDaemon>>;
type Input = Parameters<Daemon["ssh"]["exec"]>[0] extends AsyncIterable<infer T> ? T : never;

/** An SFTP client of the daemon, and what cuts its session off. */
const startSftp = ({ ssh }: Daemon) => {
  const requests = createPipe<Input>();
  void requests.write({ request: { case: "commandDetails", value: { command: "/usr/local/bin/sftp" } } });
  const abort = new AbortController();
  const responses = ssh.exec(requests, { metadata: { "exec-id": "ex-upload" }, signal: abort.signal });
  async function* output() {
    for await (const { response } of responses) if (response.case === "stdout") yield response.value;
  }
  const client = createSftpClient({
    input: output(),
    async write(data) {
      await requests.write({ request: { case: "input", value: data } });
    },
    end: () => requests.end(),
  });
  return { client, cut: () => abort.abort() };
};

const first = "0123456789abcdef";
const second = "fedcba9876543210";
const nameOf = (id: string) => `.k8shell-upload-${id}`;
const long = new Date(Date.now() - 3_600_000);

test("a file that is being sent is noted until it is in its place, and goes with the session that is cut", async () => {
  const daemon = await startDaemon();
  const notes = join(daemon.config.stateDir, "uploads");
  const { client, cut } = startSftp(daemon);
  const flags = OpenFlag.Write | OpenFlag.Create | OpenFlag.Exclusive;
  const complete = await client.open(nameOf(first), flags);
  await client.open(nameOf(second), flags);
  await client.open(`${nameOf(first)}.part`, flags);
  expect((await readdir(notes)).sort()).toEqual([first, second]);
  expect(await readFile(join(notes, first), "utf8")).toBe(join(daemon.config.home, nameOf(first)));
  await complete.close();
  await client.rename(nameOf(first), "complete");
  expect(await readdir(notes)).toEqual([second]);
  cut();
  await expect.poll(() => readdir(notes)).toEqual([]);
  const left = (await readdir(daemon.config.home)).filter((name) => /^(complete|\.k8shell-)/.test(name));
  // That of a resumable upload waits to be continued.
  expect(left.sort()).toEqual([`${nameOf(first)}.part`, "complete"]);
});

test("a daemon removes what one before it was killed over, and nothing else", async () => {
  const directory = await mkdtemp(join(tmpdir(), "k8shell-uploads-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const notes = join(directory, "notes");
  await mkdir(notes);
  const old = join(directory, nameOf(first));
  const linked = join(directory, nameOf(second));
  const other = join(directory, "other");
  const fresh = join(directory, nameOf("00000000000000ff"));
  await writeFile(old, "a part");
  await writeFile(other, "mine");
  await symlink("other", linked);
  await writeFile(fresh, "now");
  await utimes(old, long, long);
  await utimes(fresh, long, new Date(Date.now() + 60_000));
  await utimes(other, long, long);
  await writeFile(join(notes, first), old);
  await writeFile(join(notes, second), linked);
  await writeFile(join(notes, "00000000000000ff"), fresh);
  await writeFile(join(notes, "00000000000000aa"), other);
  await writeFile(join(notes, "00000000000000bb"), join(directory, "gone", nameOf("00000000000000bb")));
  await writeFile(join(notes, "not a note"), other);
  await createUnfinishedUploads(notes, silentLog);
  expect(existsSync(old)).toBe(false);
  expect(await readFile(other, "utf8")).toBe("mine");
  expect(await readFile(linked, "utf8")).toBe("mine");
  expect(await readFile(fresh, "utf8")).toBe("now");
  expect((await readdir(notes)).sort()).toEqual(["not a note"]);
});
