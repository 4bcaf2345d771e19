import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  chmodSync,
  createReadStream,
  createWriteStream,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { expect, test } from "vitest";
import type { UploadLimits } from "../src/files/upload-limit.ts";
import { createWithSession } from "../src/files/workspace-session.ts";
import { fileRoutes } from "../src/routes/files.ts";
import {
  eventually,
  forbid,
  startDaemon,
  startWorkspaceGateway,
  watchMemory,
  workspaceName,
} from "./workspace-fixture.ts";

const start = async ({
  deny,
  limits,
  ...options
}: {
  transfersPerWorkspace?: number;
  deny?: string;
  limits?: UploadLimits;
} = {}) => {
  const daemon = await startDaemon();
  const gateway = await startWorkspaceGateway({
    daemon,
    routes: (workspaces) =>
      fileRoutes({ withSession: createWithSession({ workspaces, ...options }), limits }),
    authorize: deny === undefined ? undefined : forbid(deny),
  });
  const urlOf = (path: string, more = "") =>
    `${gateway.url}/api/v1/workspaces/${workspaceName}/files?path=${encodeURIComponent(path)}${more}`;
  const put = (path: string, body: RequestInit["body"], headers: Record<string, string> = {}) =>
    fetch(urlOf(path), { method: "PUT", body, headers });
  const get = (path: string, headers: Record<string, string> = {}, more = "") =>
    fetch(urlOf(path, more), { headers });
  return { ...daemon, gateway, urlOf, put, get };
};

const errorOf = async (response: Response): Promise<{ status: number; code: string; msg: string }> => {
  const body: unknown = await response.json();
  if (typeof body !== "object" || body === null) throw new Error("no error body");
  const { status, code, msg } = body as { status: number; code: string; msg: string };
  expect(status).toBe(response.status);
  return { status, code, msg };
};

const temporaryFiles = (directory: string) =>
  readdirSync(directory).filter((name) => name.startsWith(".k8shell-upload"));

const sha256 = async (file: string) => {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  return hash.digest("hex");
};

test("a file is downloaded with its length, name, tag and nothing a browser would run", async () => {
  const { home, get } = await start();
  writeFileSync(join(home, 'päper "1".txt'), "hello");
  utimesSync(join(home, 'päper "1".txt'), 1_700_000_000, 1_700_000_000);
  const response = await get('päper "1".txt');
  expect(response.status).toBe(200);
  expect(Object.fromEntries(response.headers)).toMatchObject({
    "content-type": "application/octet-stream",
    "content-length": "5",
    "content-disposition":
      "attachment; filename=\"p_per _1_.txt\"; filename*=UTF-8''p%C3%A4per%20%221%22.txt",
    etag: '"6553f100-5"',
    "last-modified": "Tue, 14 Nov 2023 22:13:20 GMT",
    "accept-ranges": "bytes",
    "x-content-type-options": "nosniff",
    "cache-control": "private, no-cache",
  });
  expect(response.headers.get("content-security-policy")).toContain("sandbox");
  expect(await response.text()).toBe("hello");
});

test("paths are absolute, relative to the home directory, or begin with a tilde", async () => {
  const { home, get } = await start();
  mkdirSync(join(home, "a"));
  writeFileSync(join(home, "a", "b"), "content");
  for (const path of ["a/b", "./a/../a/b", "~/a/b", join(home, "a/b")]) {
    expect(await (await get(path)).text()).toBe("content");
  }
  expect(await (await get("/proc/self/comm")).text()).toMatch(/\n$/);
});

const content = Buffer.from(Array.from({ length: 1000 }, (_, index) => index % 251));

test.each<[range: string, status: number, contentRange: string | null, first: number, end: number]>([
  ["bytes=0-0", 206, "bytes 0-0/1000", 0, 1],
  ["bytes=0-", 206, "bytes 0-999/1000", 0, 1000],
  ["bytes=10-19", 206, "bytes 10-19/1000", 10, 20],
  ["bytes=990-5000", 206, "bytes 990-999/1000", 990, 1000],
  ["bytes=-10", 206, "bytes 990-999/1000", 990, 1000],
  ["bytes=-5000", 206, "bytes 0-999/1000", 0, 1000],
  ["bytes=999-", 206, "bytes 999-999/1000", 999, 1000],
  ["bytes=1000-", 416, "bytes */1000", 0, 0],
  ["bytes=-0", 416, "bytes */1000", 0, 0],
  ["bytes=99999999999999999999-", 416, "bytes */1000", 0, 0],
  ["bytes=20-10", 200, null, 0, 1000],
  ["bytes=0-1,5-6", 200, null, 0, 1000],
  ["bytes=a-b", 200, null, 0, 1000],
  ["items=0-1", 200, null, 0, 1000],
  ["bytes=-", 200, null, 0, 1000],
])("Range %s answers %i", async (range, status, contentRange, first, end) => {
  const { home, get } = await start();
  writeFileSync(join(home, "file"), content);
  const response = await get("file", { range });
  expect(response.status).toBe(status);
  expect(response.headers.get("content-range")).toBe(contentRange);
  if (status === 416) {
    expect((await errorOf(response)).code).toBe("range_not_satisfiable");
    return;
  }
  expect(response.headers.get("content-length")).toBe(String(end - first));
  expect(Buffer.from(await response.arrayBuffer()).equals(content.subarray(first, end))).toBe(true);
});

test("conditions are evaluated as RFC 9110 has them", async () => {
  const { home, get, urlOf } = await start();
  writeFileSync(join(home, "file"), content);
  utimesSync(join(home, "file"), 1_700_000_000, 1_700_000_000);
  const etag = (await get("file")).headers.get("etag") ?? "";
  const status = async (headers: Record<string, string>) => {
    const response = await get("file", headers);
    await response.arrayBuffer();
    return response.status;
  };
  const notModified = await get("file", { "if-none-match": `"x", W/${etag}` });
  expect(notModified.status).toBe(304);
  expect(notModified.headers.get("etag")).toBe(etag);
  expect(await status({ "if-none-match": '"other"' })).toBe(200);
  expect(await status({ "if-none-match": "*" })).toBe(304);
  expect(await status({ "if-match": etag })).toBe(200);
  expect(await status({ "if-match": "*" })).toBe(200);
  expect(await status({ "if-match": `W/${etag}` })).toBe(412);
  expect(await status({ "if-match": '"other"' })).toBe(412);
  expect(await status({ "if-modified-since": "Tue, 14 Nov 2023 22:13:20 GMT" })).toBe(304);
  expect(await status({ "if-modified-since": "Tue, 14 Nov 2023 22:13:19 GMT" })).toBe(200);
  expect(await status({ "if-unmodified-since": "Tue, 14 Nov 2023 22:13:19 GMT" })).toBe(412);
  expect(await status({ "if-modified-since": "not a date" })).toBe(200);
  expect(await status({ range: "bytes=0-1", "if-range": etag })).toBe(206);
  expect(await status({ range: "bytes=0-1", "if-range": '"other"' })).toBe(200);
  expect(await status({ range: "bytes=0-1", "if-range": `W/${etag}` })).toBe(200);
  expect(await status({ range: "bytes=0-1", "if-range": "Tue, 14 Nov 2023 22:13:20 GMT" })).toBe(206);
  const head = await fetch(urlOf("file"), { method: "HEAD", headers: { range: "bytes=0-1" } });
  expect(head.status).toBe(200);
  expect(head.headers.get("content-length")).toBe("1000");
  expect(head.headers.get("etag")).toBe(etag);
});

test("empty files and files without a known size are sent completely", async () => {
  const { home, get } = await start();
  writeFileSync(join(home, "empty"), "");
  const empty = await get("empty");
  expect([empty.status, empty.headers.get("content-length"), await empty.text()]).toEqual([200, "0", ""]);
  expect((await get("empty", { range: "bytes=0-" })).status).toBe(416);
  const proc = await get("/proc/self/status");
  expect(proc.headers.get("content-length")).toBeNull();
  expect(await proc.text()).toContain("Pid:");
});

test("what cannot be downloaded is told clearly", async () => {
  const { home, get } = await start();
  mkdirSync(join(home, "directory"));
  writeFileSync(join(home, "file"), "x");
  spawnSync("mkfifo", [join(home, "fifo")]);
  const told = async (path: string) => {
    const { status, code } = await errorOf(await get(path));
    return [status, code];
  };
  expect(await told("missing")).toEqual([404, "not_found"]);
  expect(await told("file/below")).toEqual([404, "not_found"]);
  expect(await told("directory")).toEqual([400, "invalid_path"]);
  expect((await errorOf(await get("directory"))).msg).toContain("format=tar");
  expect(await told("fifo")).toEqual([400, "invalid_path"]);
  expect(await told("a\0b")).toEqual([400, "invalid_path"]);
  expect(await told("n".repeat(256))).toEqual([400, "invalid_path"]);
  expect((await told("ä/".repeat(2000)))[0]).toBe(400);
  expect((await get("")).status).toBe(400);
});

test("an upload creates a file, and replaces it with its mode kept", async () => {
  const { home, put } = await start();
  const made = await put("file", "first");
  expect(made.status).toBe(201);
  expect(readFileSync(join(home, "file"), "utf8")).toBe("first");
  chmodSync(join(home, "file"), 0o751);
  const replaced = await put("file", "second, and longer");
  expect(replaced.status).toBe(204);
  expect(readFileSync(join(home, "file"), "utf8")).toBe("second, and longer");
  expect(statSync(join(home, "file")).mode & 0o7777).toBe(0o751);
  expect(await (await put("empty", "")).text()).toBe("");
  expect(statSync(join(home, "empty")).size).toBe(0);
  expect(
    readdirSync(home)
      .filter((name) => !name.startsWith("."))
      .sort(),
  ).toEqual(["empty", "file"]);
  expect(temporaryFiles(home)).toEqual([]);
});

test("the tag of an upload is the tag of the download, and guards the next upload", async () => {
  const { home, put, get } = await start();
  const etag = (await put("file", "one")).headers.get("etag") ?? "";
  expect((await get("file")).headers.get("etag")).toBe(etag);
  expect((await put("file", "longer two", { "if-match": etag })).status).toBe(204);
  expect((await errorOf(await put("file", "three", { "if-match": etag }))).code).toBe("precondition_failed");
  expect((await put("file", "three", { "if-none-match": "*" })).status).toBe(412);
  expect((await put("new", "three", { "if-none-match": "*" })).status).toBe(201);
  expect((await put("absent", "three", { "if-match": "*" })).status).toBe(412);
  expect(readFileSync(join(home, "file"), "utf8")).toBe("longer two");
  expect(existsSync(join(home, "absent"))).toBe(false);
  expect(temporaryFiles(home)).toEqual([]);
});

test("of two uploads that may only create, one wins", async () => {
  const { home, put } = await start();
  const results = await Promise.all(
    Array.from({ length: 8 }, (_, index) => put("file", `${index}`.repeat(1000), { "if-none-match": "*" })),
  );
  expect(results.map(({ status }) => status).sort()).toEqual([201, 412, 412, 412, 412, 412, 412, 412]);
  expect(statSync(join(home, "file")).size).toBe(1000);
  expect(temporaryFiles(home)).toEqual([]);
});

test("through a link the file behind it is replaced", async () => {
  const { home, put } = await start();
  mkdirSync(join(home, "real"));
  writeFileSync(join(home, "real", "file"), "old");
  symlinkSync("real/file", join(home, "link"));
  expect((await put("link", "new")).status).toBe(204);
  expect(lstatSync(join(home, "link")).isSymbolicLink()).toBe(true);
  expect(readFileSync(join(home, "real", "file"), "utf8")).toBe("new");
});

test("what cannot be uploaded is told clearly, and leaves nothing", async () => {
  const { home, put } = await start();
  mkdirSync(join(home, "directory"));
  writeFileSync(join(home, "file"), "x");
  spawnSync("mkfifo", [join(home, "fifo")]);
  const told = async (path: string, headers: Record<string, string> = {}) => {
    const { status, code } = await errorOf(await put(path, "content", headers));
    return [status, code];
  };
  expect(await told("missing/file")).toEqual([404, "not_found"]);
  expect((await errorOf(await put("missing/file", "x"))).msg).toContain("directory missing");
  expect(await told("file/below")).toEqual([404, "not_found"]);
  expect(await told("directory")).toEqual([400, "invalid_path"]);
  expect(await told("new/")).toEqual([400, "invalid_path"]);
  expect(await told("..")).toEqual([400, "invalid_path"]);
  expect(await told("fifo")).toEqual([400, "invalid_path"]);
  expect(await told("a\0b")).toEqual([400, "invalid_path"]);
  expect(await told("file", { "content-range": "bytes 0-6/10" })).toEqual([400, "bad_request"]);
  expect(
    readdirSync(home)
      .filter((name) => !name.startsWith("."))
      .sort(),
  ).toEqual(["directory", "fifo", "file"]);
  expect(temporaryFiles(home)).toEqual([]);
});

test("a full disk answers 507 and leaves neither a part nor a temporary file", async () => {
  const daemon = await startDaemon();
  const small = join(daemon.home, "small");
  mkdirSync(small);
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", small]).status === 0;
  try {
    const gateway = await startWorkspaceGateway({
      daemon,
      routes: (workspaces) => fileRoutes({ withSession: createWithSession({ workspaces }) }),
    });
    // Without the right to mount, the kernel's always-full device stands in for the disk.
    const path = mounted ? "small/file" : "/dev/full";
    const response = await fetch(
      `${gateway.url}/api/v1/workspaces/${workspaceName}/files?path=${encodeURIComponent(path)}`,
      { method: "PUT", body: Buffer.alloc(5 << 20) },
    );
    expect([response.status, (await errorOf(response)).code]).toEqual(
      mounted ? [507, "insufficient_storage"] : [400, "invalid_path"],
    );
    if (mounted) expect(readdirSync(small)).toEqual([]);
  } finally {
    if (mounted) spawnSync("umount", ["-l", small]);
  }
});

test("a new file may be run where the upload says so, within the umask", async () => {
  const { home, urlOf } = await start();
  const put = (path: string, executable: string) =>
    fetch(urlOf(path, `&executable=${executable}`), { method: "PUT", body: "#!/bin/sh\n" });
  const modeOf = (path: string) => statSync(join(home, path)).mode & 0o777;
  expect((await put("tool", "true")).status).toBe(201);
  expect((await put("note", "false")).status).toBe(201);
  expect([modeOf("tool"), modeOf("note")]).toEqual([0o777 & ~process.umask(), 0o666 & ~process.umask()]);
  expect((await put("note", "true")).status).toBe(204);
  expect(modeOf("note")).toBe(0o666 & ~process.umask());
  expect((await put("other", "perhaps")).status).toBe(400);
});

test("an upload that breaks off leaves the old file and no temporary one", async () => {
  const { home, urlOf } = await start();
  writeFileSync(join(home, "file"), "old");
  const upload = request(urlOf("file"), { method: "PUT", headers: { "content-length": "10000000" } });
  upload.on("error", () => {});
  upload.write(Buffer.alloc(3_000_000));
  await eventually(() => temporaryFiles(home).length === 1);
  upload.destroy();
  await eventually(() => temporaryFiles(home).length === 0);
  expect(readFileSync(join(home, "file"), "utf8")).toBe("old");
});

test.each([["Expect: 100-continue"], ["Expect:"]])(
  "an upload that is refused at once is told so, however much the client still has to send (%s)",
  async (expectation) => {
    const { home, urlOf } = await start();
    const source = join(home, "source");
    writeFileSync(source, Buffer.alloc(100_000_000));
    for (let turn = 0; turn < 5; turn++) {
      const child = spawn("curl", ["-sS", "-H", expectation, "-T", source, urlOf("missing/file")]);
      let out = "";
      child.stdout.on("data", (data) => {
        out += data;
      });
      child.stderr.on("data", (data) => {
        out += data;
      });
      await once(child, "close");
      expect(out).toContain('"code":"not_found"');
    }
  },
);

test("multipart forms are accepted as well", async () => {
  const { home, put, urlOf } = await start();
  const form = new FormData();
  const whole = Buffer.alloc(300_000, "\r\n--not-the-boundary");
  form.set("note", "skipped");
  form.set("file", new Blob([whole]), "name.txt");
  expect((await put("file", form)).status).toBe(201);
  expect(readFileSync(join(home, "file")).equals(whole)).toBe(true);
  expect((await errorOf(await put("other", new FormData()))).code).toBe("invalid_body");
  const cut = await fetch(urlOf("other"), {
    method: "PUT",
    headers: { "content-type": "multipart/form-data; boundary=b" },
    body: '--b\r\ncontent-disposition: form-data; name="file"\r\n\r\nhalf of it',
  });
  expect((await errorOf(cut)).code).toBe("invalid_body");
  expect(existsSync(join(home, "other"))).toBe(false);
  expect(temporaryFiles(home)).toEqual([]);
});

test("300 MB go up and down unchanged, in memory that does not grow with them", async () => {
  const { home, urlOf } = await start();
  const noise = Buffer.alloc(1 << 20);
  for (let index = 0; index < noise.length; index++) noise[index] = (index * 2_654_435_761) >>> 13;
  const make = async (name: string, megabytes: number) => {
    const file = createWriteStream(join(home, name));
    for (let index = 0; index < megabytes; index++) {
      noise.writeUInt32BE(index, 0);
      // The same buffer is reused: wait until it is out.
      await new Promise((resolve) => file.write(noise, resolve));
    }
    file.end();
    await once(file, "close");
  };
  const curl = async (...args: string[]) => {
    const child = spawn("curl", ["-sS", "-w", "%{http_code}", ...args]);
    let out = "";
    child.stdout.on("data", (data) => {
      out += data;
    });
    await once(child, "close");
    return out;
  };
  const there = async (name: string) => {
    expect(await curl("-T", join(home, name), urlOf(`${name}-up`))).toBe("201");
    expect(await curl(urlOf(`${name}-up`), "-o", join(home, `${name}-back`))).toMatch(/200$/);
    const digest = await sha256(join(home, name));
    expect(await sha256(join(home, `${name}-up`))).toBe(digest);
    expect(await sha256(join(home, `${name}-back`))).toBe(digest);
  };
  await make("small", 80);
  await make("large", 300);
  // What one transfer needs at all, garbage not yet collected included.
  await there("small");
  const memory = watchMemory();
  await there("large");
  // 600 MB have passed through gateway and daemon, both in this process: what grows is garbage not yet collected.
  expect(memory.stop()).toBeLessThan(200_000_000);
});

test("a client that leaves in the middle of a download ends the work for it", async () => {
  const { home, urlOf } = await start({ transfersPerWorkspace: 1 });
  writeFileSync(join(home, "big"), Buffer.alloc(50_000_000));
  const download = request(urlOf("big"));
  download.end();
  const [response] = await once(download, "response");
  await once(response, "readable");
  expect((await fetch(urlOf("big"))).status).toBe(429);
  download.on("error", () => {});
  download.destroy();
  await eventually(async () => {
    const again = await fetch(urlOf("big"), { method: "HEAD" });
    return again.status === 200;
  });
});

test("a directory is sent as a tar that the system's tar unpacks to the same tree", async () => {
  const { home, get, urlOf } = await start();
  const tree = join(home, "tree");
  const long = `${"long-name-".repeat(20)}end`;
  mkdirSync(join(tree, "sub", "empty"), { recursive: true });
  mkdirSync(join(tree, long));
  writeFileSync(join(tree, "file"), content);
  writeFileSync(join(tree, "sub", "script"), "#!/bin/sh\n");
  chmodSync(join(tree, "sub", "script"), 0o755);
  writeFileSync(join(tree, "sub", "größe.txt"), "x".repeat(512));
  writeFileSync(join(tree, long, long), "deep");
  writeFileSync(Buffer.concat([Buffer.from(`${tree}/raw-`), Buffer.from([0xff, 0xfe])]), "bytes");
  symlinkSync("sub/script", join(tree, "link"));
  symlinkSync(`/${"t".repeat(150)}`, join(tree, "long-link"));
  symlinkSync(tree, join(tree, "sub", "loop"));
  utimesSync(join(tree, "file"), 1_600_000_000, 1_600_000_000);
  for (let index = 0; index < 250; index++) writeFileSync(join(tree, "sub", `n${index}`), `${index}`);

  const response = await get("tree/", { accept: "application/x-tar" });
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("application/x-tar");
  expect(response.headers.get("content-disposition")).toContain('filename="tree.tar"');
  const archive = join(home, "tree.tar");
  if (!response.body) throw new Error("no body");
  await pipeline(response.body, createWriteStream(archive));

  const out = join(home, "out");
  mkdirSync(out);
  const unpacked = spawnSync("tar", ["-xpf", archive, "-C", out], { encoding: "utf8" });
  expect([unpacked.status, unpacked.stderr]).toEqual([0, ""]);
  const difference = spawnSync("diff", ["-r", "--no-dereference", tree, join(out, "tree")], {
    encoding: "utf8",
  });
  expect([difference.status, difference.stdout]).toEqual([0, ""]);
  expect(statSync(join(out, "tree/sub/script")).mode & 0o777).toBe(0o755);
  expect(statSync(join(out, "tree/file")).mtimeMs).toBe(1_600_000_000_000);
  expect(readlinkSync(join(out, "tree/long-link"))).toBe(`/${"t".repeat(150)}`);

  const home2 = await get(".", {}, "&format=tar");
  expect(home2.headers.get("content-disposition")).toContain('filename="home.tar"');
  await home2.body?.cancel();
  const head = await fetch(urlOf("tree", "&format=tar"), { method: "HEAD" });
  expect([head.status, await head.text()]).toEqual([200, ""]);
  expect((await get("tree", {}, "&format=rar")).status).toBe(400);
});

test("a directory is sent as a zip as well, which the system's unzip finds sound", async () => {
  const { home, get } = await start();
  mkdirSync(join(home, "tree", "sub"), { recursive: true });
  writeFileSync(join(home, "tree", "big"), Buffer.alloc(3_000_000, "0123456789"));
  writeFileSync(join(home, "tree", "sub", "script.sh"), "#!/bin/sh\n", { mode: 0o755 });
  symlinkSync("big", join(home, "tree", "link"));
  for (const response of [
    await get("tree", {}, "&format=zip"),
    await get("tree", { accept: "application/zip" }),
  ]) {
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("application/zip");
    expect(response.headers.get("content-disposition")).toContain('filename="tree.zip"');
    const unpacked = join(home, `unpacked-${Math.random()}`);
    mkdirSync(unpacked);
    writeFileSync(join(unpacked, "a.zip"), Buffer.from(await response.arrayBuffer()));
    expect(spawnSync("unzip", ["-q", "a.zip"], { cwd: unpacked }).status).toBe(0);
    expect(readFileSync(join(unpacked, "tree/big")).equals(Buffer.alloc(3_000_000, "0123456789"))).toBe(true);
    expect(statSync(join(unpacked, "tree/sub/script.sh")).mode & 0o777).toBe(0o755);
    expect(readlinkSync(join(unpacked, "tree/link"))).toBe("big");
  }
});

test("an archive lists what it had to leave out", async () => {
  const { home, get } = await start();
  mkdirSync(join(home, "tree"));
  writeFileSync(join(home, "tree", "file"), "x");
  spawnSync("mkfifo", [join(home, "tree", "fifo")]);
  const response = await get("tree", {}, "&format=tar");
  const listed = spawnSync("tar", ["-xOf", "-", "tree.skipped.txt"], {
    input: Buffer.from(await response.arrayBuffer()),
    encoding: "utf8",
  });
  expect(listed.stdout).toBe("Not in this archive:\ntree/fifo: neither a file, a directory nor a link\n");
});

test("downloads and uploads are decisions of their own", async () => {
  const { get, put } = await start({ deny: "workspace:files" });
  expect((await get("x")).status).toBe(403);
  expect((await put("x", "y")).status).toBe(403);
});

test("a workspace that cannot be reached answers 502", async () => {
  const gateway = await startWorkspaceGateway({
    daemon: { address: "unix:/nonexistent/daemon.sock" },
    routes: (workspaces) => fileRoutes({ withSession: createWithSession({ workspaces, setupMs: 3_000 }) }),
  });
  const response = await fetch(`${gateway.url}/api/v1/workspaces/${workspaceName}/files?path=x`);
  expect([response.status, (await errorOf(response)).code]).toEqual([502, "bad_gateway"]);
});
