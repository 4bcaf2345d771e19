import { createHash, randomBytes } from "node:crypto";
import { readdirSync, readlinkSync, rmSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { createClient, createWebUploadStore, type Progress } from "../src/index.ts";
import { type Platform, startPlatform } from "./platform.ts";

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform();
});
afterAll(() => platform.close());

const files = () => platform.client.files(platform.workspace);
const sha256 = (data: Uint8Array) => createHash("sha256").update(data).digest("hex");
/** Digest of a file, as its workspace sees it. */
const digestOf = async (path: string) => {
  const { stdout } = await platform.client.run(platform.workspace, ["sha256sum", path]);
  return stdout.split(" ")[0];
};
/** A file of random bytes on this machine. */
const localFile = async (size: number) => {
  const directory = await mkdtemp(join(tmpdir(), "sdk-files-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  const content = randomBytes(size);
  const path = join(directory, "content");
  await writeFile(path, content);
  return { path, content, digest: sha256(content) };
};
/** A storage as browsers have it; a page that is opened again finds what the last one left. */
const storage = () => {
  const kept = new Map<string, string>();
  const { get, set: setItem } = Map.prototype;
  return {
    kept,
    getItem: (key: string): string | null => get.call(kept, key) ?? null,
    setItem: (key: string, value: string) => void setItem.call(kept, key, value),
    removeItem: (key: string) => void kept.delete(key),
  };
};
const megabyte = 1 << 20;
/** What this process has open. */
const openFiles = () =>
  readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)];
    } catch {
      return [];
    }
  });

test("an upload goes on where it was when the connection is lost", async () => {
  const { path, digest } = await localFile(24 * megabyte);
  const seen: Progress[] = [];
  let cuts = 0;
  const done = await files().uploadResumable(
    "big.bin",
    { path },
    {
      onProgress(progress) {
        seen.push(progress);
        if (cuts < 2 && progress.done > (cuts + 1) * 6 * megabyte) {
          cuts += 1;
          platform.proxy.cut();
        }
      },
    },
  );
  expect(cuts).toBe(2);
  expect(await digestOf("big.bin")).toBe(digest);
  expect(seen.at(-1)).toEqual({ done: 24 * megabyte, total: 24 * megabyte });
  expect(done.info).toMatchObject({ size: 24 * megabyte, etag: done.etag });
  expect(Date.parse(done.info?.modTime ?? "")).toBeGreaterThan(0);
});

test("another process goes on with an upload that was aborted, and does not send again what had arrived", async () => {
  const { path, digest } = await localFile(32 * megabyte);
  const page = storage();
  const abort = new AbortController();
  await expect(
    files().uploadResumable(
      "later.bin",
      { path },
      {
        store: createWebUploadStore(page),
        signal: abort.signal,
        onProgress: ({ done }) => {
          if (done > 24 * megabyte) abort.abort(new Error("the page was closed"));
        },
      },
    ),
  ).rejects.toThrow("the page was closed");
  expect(page.kept.size).toBe(1);
  const next = createClient({ server: platform.server.url, token: await platform.server.adminToken() });
  const seen: number[] = [];
  const done = await next.files(platform.workspace).uploadResumable(
    "later.bin",
    { path },
    {
      store: createWebUploadStore(page),
      onProgress: (progress) => seen.push(progress.done),
    },
  );
  expect(seen[0]).toBeGreaterThan(megabyte);
  expect(done.info?.size).toBe(32 * megabyte);
  expect(await digestOf("later.bin")).toBe(digest);
  expect(page.kept.size).toBe(0);
});

test("an upload that the server has given up meanwhile is begun again", async () => {
  const { path, digest } = await localFile(1000);
  const given = `${platform.server.url}/api/v1/workspaces/${platform.workspace}/files/uploads/${"0".repeat(32)}`;
  const kept = new Map<string, string>();
  await files().uploadResumable(
    "again.bin",
    { path },
    {
      store: { get: () => given, set: (key, value) => void kept.set(key, value), delete: () => {} },
    },
  );
  expect(await digestOf("again.bin")).toBe(digest);
  expect(kept.size).toBe(1);
});

test("a file that is removed during its upload ends the upload only, and is not left open", async () => {
  const { path } = await localFile(24 * megabyte);
  const failures: unknown[] = [];
  const fail = (error: unknown) => failures.push(error);
  process.on("uncaughtException", fail);
  onTestFinished(() => void process.off("uncaughtException", fail));
  let isRemoved = false;
  const upload = files().uploadResumable(
    "removed.bin",
    { path },
    {
      attempts: 1,
      onProgress({ done }) {
        if (isRemoved || done < 6 * megabyte) return;
        isRemoved = true;
        rmSync(path);
        platform.proxy.cut();
      },
    },
  );
  await expect(upload).rejects.toMatchObject({ code: "network_error" });
  await expect.poll(() => openFiles().filter((target) => target.startsWith(path))).toEqual([]);
  expect(failures).toEqual([]);
  await expect(files().uploadResumable("removed.bin", { path })).rejects.toMatchObject({ code: "ENOENT" });
});

test("streams, blobs and bytes are uploaded, a stream also through a lost connection", async () => {
  const content = randomBytes(20 * megabyte);
  async function* pieces() {
    for (let at = 0; at < content.length; at += 300_000) yield content.subarray(at, at + 300_000);
  }
  let isCut = false;
  await files().uploadResumable("stream.bin", pieces(), {
    onProgress({ done }) {
      if (isCut || done < 10 * megabyte) return;
      isCut = true;
      platform.proxy.cut();
    },
  });
  expect(isCut).toBe(true);
  expect(await digestOf("stream.bin")).toBe(sha256(content));
  const web = new Blob([content]).stream();
  await files().uploadResumable("web.bin", web, { size: content.length });
  expect(await digestOf("web.bin")).toBe(sha256(content));
  await files().uploadResumable("blob.bin", new Blob([content]));
  expect(await digestOf("blob.bin")).toBe(sha256(content));
  await files().uploadResumable("empty.bin", new Uint8Array());
  expect(await digestOf("empty.bin")).toBe(sha256(Buffer.of()));
});

test("what the server refuses is refused in its words", async () => {
  await files().upload("there.txt", "old");
  const content = Buffer.from("new");
  await expect(files().uploadResumable("there.txt", content, { ifNoneMatch: "*" })).rejects.toMatchObject({
    status: 412,
    code: "precondition_failed",
  });
  await expect(files().uploadResumable("no/such/dir.txt", content)).rejects.toMatchObject({ status: 404 });
  const { etag } = await platform.client.api.statFile({ name: platform.workspace, path: "there.txt" });
  const done = await files().uploadResumable("there.txt", Buffer.from("longer"), { ifMatch: etag });
  expect(done.etag).not.toBe(etag);
  await expect(files().uploadResumable("there.txt", content, { ifMatch: etag })).rejects.toMatchObject({
    status: 412,
  });
  const aborted = AbortSignal.abort(new Error("never"));
  await expect(files().uploadResumable("x", content, { signal: aborted })).rejects.toThrow("never");
});

/** A large file in the workspace. */
const remoteFile = async (path: string, size: number) => {
  await platform.client.run(platform.workspace, `head -c ${size} /dev/urandom > ${path}`);
  return digestOf(path);
};

test("a download goes on where it was when the connection is lost, and tells its progress", async () => {
  const size = 40 * megabyte;
  const digest = await remoteFile("down.bin", size);
  let cuts = 0;
  let last: Progress | undefined;
  const { body, etag } = await files().download("down.bin", {
    onProgress(progress) {
      last = progress;
      if (cuts < 2 && progress.done > (cuts + 1) * 10 * megabyte) {
        cuts += 1;
        platform.proxy.cut();
      }
    },
  });
  const hash = createHash("sha256");
  for await (const piece of body) hash.update(piece);
  expect([cuts, last]).toEqual([2, { done: size, total: size }]);
  expect(hash.digest("hex")).toBe(digest);
  // Another process goes on with what it has of the same file.
  const rest = await files().download("down.bin", { range: { start: size - 7 }, ifMatch: etag });
  expect((await new Response(rest.body).bytes()).length).toBe(7);
});

test("a file that changes while the connection is lost is not stitched together", async () => {
  await remoteFile("changing.bin", 20 * megabyte);
  const { body } = await files().download("changing.bin");
  const reader = body.getReader();
  await reader.read();
  platform.proxy.cut({ stay: true });
  const direct = createClient({ server: platform.server.url, token: await platform.server.adminToken() });
  await direct.files(platform.workspace).upload("changing.bin", "another content");
  platform.proxy.mend();
  const drain = async () => {
    for (;;) if ((await reader.read()).done) return;
  };
  await expect(drain()).rejects.toMatchObject({ status: 412, code: "precondition_failed" });
});

test("a directory is downloaded as an archive of the kind that is asked for", async () => {
  await platform.client.run(platform.workspace, "mkdir -p dir && echo hello > dir/file");
  const zip = await files().download("dir", { archive: "zip" });
  expect(zip.contentType).toBe("application/zip");
  const bytes = await new Response(zip.body).bytes();
  expect(Buffer.from(bytes.subarray(0, 2)).toString()).toBe("PK");
});
