import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { Readable } from "node:stream";
import { expect, test } from "vitest";
import type { Action } from "../src/authz/authorize.ts";
import type { UploadLimits } from "../src/files/upload-limit.ts";
import { createWithSession } from "../src/files/workspace-session.ts";
import { ApiError } from "../src/http/api-error.ts";
import { fileRoutes } from "../src/routes/files.ts";
import { alice, startDaemon, startWorkspaceGateway, workspaceName } from "./workspace-fixture.ts";

interface Options {
  readonly limits?: UploadLimits;
  readonly roles?: readonly string[];
  /** Throws to deny. */
  readonly policy?: (context: Readonly<Record<string, string>>) => void;
}

const start = async ({ limits, roles = [], policy }: Options = {}) => {
  const daemon = await startDaemon();
  const asked: Readonly<Record<string, string>>[] = [];
  const gateway = await startWorkspaceGateway({
    daemon,
    principal: { ...alice, roles: [...roles] },
    routes: (workspaces) => fileRoutes({ withSession: createWithSession({ workspaces }), limits }),
    authorize({ action, context = {} }: Action) {
      expect(action).toBe("workspace:files");
      asked.push(context);
      policy?.(context);
    },
  });
  const base = `${gateway.url}/api/v1/workspaces/${workspaceName}/files`;
  const call = async (method: string, what: string, query: Record<string, string>) => {
    const response = await fetch(`${base}${what}?${new URLSearchParams(query)}`, { method });
    const text = await response.text();
    return { status: response.status, body: text === "" ? undefined : JSON.parse(text) };
  };
  return { ...daemon, gateway, base, call, asked };
};

test("a directory is listed with its kinds, directories first, hidden names only when asked for", async () => {
  const { home, call } = await start();
  mkdirSync(join(home, "work", "sub"), { recursive: true });
  writeFileSync(join(home, "work", "b.txt"), "12345");
  chmodSync(join(home, "work", "b.txt"), 0o640);
  utimesSync(join(home, "work", "b.txt"), 1_700_000_000, 1_700_000_000);
  writeFileSync(join(home, "work", ".hidden"), "");
  symlinkSync("sub", join(home, "work", "a-link"));
  symlinkSync("nowhere", join(home, "work", "z-broken"));
  const { status, body } = await call("GET", "/list", { path: "work" });
  expect(status).toBe(200);
  expect(body).toMatchObject({ path: join(home, "work"), complete: true });
  expect(
    body.entries.map(({ name, type, isDir, target }: Record<string, unknown>) => [name, type, isDir, target]),
  ).toEqual([
    ["a-link", "symlink", true, "sub"],
    ["sub", "directory", true, undefined],
    ["b.txt", "file", false, undefined],
    ["z-broken", "symlink", false, "nowhere"],
  ]);
  expect(body.entries[2]).toMatchObject({
    path: join(home, "work/b.txt"),
    size: 5,
    mode: "-rw-r-----",
    modTime: "2023-11-14T22:13:20.000Z",
    etag: '"6553f100-5"',
  });
  const all = await call("GET", "/list", { path: "work", hidden: "true" });
  expect(all.body.entries).toHaveLength(5);
  expect((await call("GET", "/list", {})).body.path).toBe(home);
  expect((await call("GET", "/list", { path: "work/b.txt" })).status).toBe(400);
  expect((await call("GET", "/list", { path: "none" })).status).toBe(404);
});

test("stat tells what is at a path, or of the link itself", async () => {
  const { home, call } = await start();
  writeFileSync(join(home, "file"), "abc");
  symlinkSync("file", join(home, "link"));
  expect((await call("GET", "/stat", { path: "link" })).body).toMatchObject({
    name: "file",
    path: join(home, "file"),
    type: "file",
    size: 3,
  });
  expect((await call("GET", "/stat", { path: "link", follow: "false" })).body).toMatchObject({
    path: join(home, "link"),
    type: "symlink",
    target: "file",
  });
  expect((await call("GET", "/stat", { path: "/" })).body).toMatchObject({
    name: "/",
    path: "/",
    isDir: true,
  });
  expect((await call("GET", "/stat", { path: "none" })).status).toBe(404);
});

test("a directory is made, with its parents when asked for", async () => {
  const { home, call } = await start();
  expect(await call("POST", "/mkdir", { path: "a/" })).toMatchObject({
    status: 201,
    body: { path: join(home, "a") },
  });
  expect((await call("POST", "/mkdir", { path: "a" })).status).toBe(409);
  expect((await call("POST", "/mkdir", { path: "x/y/z" })).status).toBe(404);
  expect((await call("POST", "/mkdir", { path: "x/y/z", parents: "true" })).status).toBe(201);
  expect((await call("POST", "/mkdir", { path: "x/y/z", parents: "true" })).status).toBe(200);
  expect(existsSync(join(home, "x/y/z"))).toBe(true);
  writeFileSync(join(home, "file"), "");
  expect((await call("POST", "/mkdir", { path: "file", parents: "true" })).status).toBe(409);
  expect((await call("POST", "/mkdir", { path: "bad\0name" })).body.code).toBe("invalid_path");
});

test("removal takes files and empty directories, and full ones only when told to", async () => {
  const { home, call } = await start();
  mkdirSync(join(home, "full/deep"), { recursive: true });
  mkdirSync(join(home, "empty"));
  writeFileSync(join(home, "full/deep/file"), "x");
  symlinkSync("full", join(home, "link"));
  symlinkSync(".", join(home, "to-home"));
  expect((await call("DELETE", "", { path: "empty" })).status).toBe(204);
  const refused = await call("DELETE", "", { path: "full" });
  expect([refused.status, refused.body.code]).toEqual([409, "conflict"]);
  expect((await call("DELETE", "", { path: "link", recursive: "true" })).status).toBe(204);
  expect(existsSync(join(home, "full/deep/file"))).toBe(true);
  expect((await call("DELETE", "", { path: "full", recursive: "true" })).status).toBe(204);
  expect((await call("DELETE", "", { path: "full" })).status).toBe(404);
  for (const path of ["/", "~", ".", home, `${home}/`, "..", `${home}/../home`, "//"]) {
    const root = await call("DELETE", "", { path, recursive: "true" });
    expect([path, root.body?.code]).toEqual([path, "invalid_path"]);
  }
  expect((await call("DELETE", "", { path: "to-home" })).status).toBe(204);
  expect(existsSync(home)).toBe(true);
});

test("a move never replaces unless it is told to, and says what is in the way", async () => {
  const { home, call } = await start();
  writeFileSync(join(home, "a"), "A");
  writeFileSync(join(home, "b"), "B");
  mkdirSync(join(home, "dir/sub"), { recursive: true });
  mkdirSync(join(home, "full"));
  writeFileSync(join(home, "full/x"), "");
  const status = async (from: string, to: string, more: Record<string, string> = {}) =>
    (await call("POST", "/move", { from, to, ...more })).status;
  expect(await status("a", "b")).toBe(409);
  expect(readFileSync(join(home, "b"), "utf8")).toBe("B");
  expect(await call("POST", "/move", { from: "a", to: "b", overwrite: "true" })).toMatchObject({
    status: 200,
    body: { path: join(home, "b"), size: 1 },
  });
  expect(readFileSync(join(home, "b"), "utf8")).toBe("A");
  expect(await status("a", "c")).toBe(404);
  expect(await status("b", "none/c")).toBe(404);
  expect(await status("b", "dir", { overwrite: "true" })).toBe(400);
  expect(await status("dir", "dir/sub/inside")).toBe(400);
  expect(await status("dir", "full", { overwrite: "true" })).toBe(409);
  expect(await status("dir", "moved")).toBe(200);
  expect(await status("moved", "full")).toBe(409);
  expect(await status("~", "elsewhere")).toBe(400);
  expect(existsSync(join(home, "moved/sub"))).toBe(true);
});

test("a policy sees operation and path: as written, and where that leads", async () => {
  const { home, call, asked } = await start();
  mkdirSync(join(home, "secret"));
  symlinkSync("secret", join(home, "door"));
  await call("GET", "/list", { path: "./door/" });
  await call("POST", "/mkdir", { path: `${home}/secret/a` });
  await call("POST", "/mkdir", { path: "door/b/c", parents: "true" });
  await call("POST", "/move", { from: "door/a", to: "~/x" });
  await call("DELETE", "", { path: `${home}/x` });
  expect(asked).toEqual([
    { op: "download", operation: "list", path: "~/door" },
    { op: "download", operation: "list", path: join(home, "secret") },
    { op: "upload", operation: "mkdir", path: join(home, "secret/a") },
    { op: "upload", operation: "mkdir", path: "~/door/b/c" },
    { op: "upload", operation: "mkdir", path: join(home, "secret/b/c") },
    { op: "upload", operation: "move", path: "~/door/a", destination: "~/x" },
    { op: "upload", operation: "move", path: join(home, "secret/a"), destination: join(home, "x") },
    { op: "upload", operation: "delete", path: join(home, "x") },
  ]);
});

test("a rule about a path holds behind links, dots and the home directory", async () => {
  const { home, base, call } = await start({
    policy({ path = "", destination = "" }) {
      if (/\/secret(\/|$)/.test(path) || /\/secret(\/|$)/.test(destination))
        throw new ApiError("forbidden", "no");
    },
  });
  mkdirSync(join(home, "secret"));
  writeFileSync(join(home, "secret/file"), "s3cret");
  writeFileSync(join(home, "mine"), "");
  symlinkSync("secret", join(home, "door"));
  symlinkSync("secret/file", join(home, "window"));
  const get = async (path: string) => (await fetch(`${base}?path=${encodeURIComponent(path)}`)).status;
  for (const path of [
    "secret/file",
    "./a/../secret/file",
    "door/file",
    "window",
    `${home}//secret/./file`,
    "door/../secret/file",
  ]) {
    expect([path, await get(path)]).toEqual([path, 403]);
  }
  const put = await fetch(`${base}?path=window`, { method: "PUT", body: "overwritten" });
  expect(put.status).toBe(403);
  expect((await call("POST", "/move", { from: "mine", to: "door/mine" })).status).toBe(403);
  expect((await call("DELETE", "", { path: "door/file" })).status).toBe(403);
  expect((await call("POST", "/mkdir", { path: "door/x/y", parents: "true" })).status).toBe(403);
  expect(readFileSync(join(home, "secret/file"), "utf8")).toBe("s3cret");
  expect(readdirSync(join(home, "secret"))).toEqual(["file"]);
});

const digestOf = (content: string, algorithm = "sha256") =>
  createHash(algorithm).update(content).digest("base64");

test("a body is stored only when it is what its Content-Digest says", async () => {
  const { home, base } = await start();
  const put = (body: string, digest: string) =>
    fetch(`${base}?path=file`, { method: "PUT", body, headers: { "content-digest": digest } });
  expect((await put("hello", `sha-256=:${digestOf("hello")}:`)).status).toBe(201);
  const wrong = await put("jello", `sha-256=:${digestOf("hello")}:`);
  expect([wrong.status, await wrong.json()]).toMatchObject([400, { code: "digest_mismatch" }]);
  expect(readFileSync(join(home, "file"), "utf8")).toBe("hello");
  expect(readdirSync(home).filter((name) => name.startsWith(".k8shell"))).toEqual([]);
  expect((await put("moon", `md5=:AAAA:, sha-512=:${digestOf("moon", "sha512")}:`)).status).toBe(204);
  for (const bad of ["md5=:AAAA:", "sha-256=AAAA", "sha-256=:AAAA:", "nonsense"]) {
    expect((await put("x", bad)).status, bad).toBe(400);
  }
  expect(readFileSync(join(home, "file"), "utf8")).toBe("moon");
});

test("an upload over the caller's limit is refused with 413, announced or not, and leaves nothing", async () => {
  const limits = { maxBytes: 10, byRole: { big: 20, bigger: 30, boundless: 0 } };
  const put = async (roles: readonly string[], body: RequestInit["body"]) => {
    const { base, home } = await start({ limits, roles });
    const response = await fetch(`${base}?path=file`, { method: "PUT", body, duplex: "half" } as RequestInit);
    const names = readdirSync(home).filter((name) => name.startsWith(".k8shell") || name === "file");
    return [response.status, names];
  };
  const chunked = (size: number) =>
    Readable.toWeb(Readable.from([Buffer.alloc(size / 2), Buffer.alloc(size / 2)]));
  expect(await put([], "x".repeat(10))).toEqual([201, ["file"]]);
  expect(await put([], "x".repeat(11))).toEqual([413, []]);
  expect(await put([], chunked(12) as BodyInit)).toEqual([413, []]);
  expect(await put(["other"], "x".repeat(11))).toEqual([413, []]);
  expect(await put(["big", "bigger"], chunked(30) as BodyInit)).toEqual([201, ["file"]]);
  expect(await put(["big", "bigger"], "x".repeat(31))).toEqual([413, []]);
  expect(await put(["boundless", "big"], "x".repeat(1000))).toEqual([201, ["file"]]);
});

test("a client that waits for 100 Continue is refused before it sends anything", async () => {
  const { base, gateway, home } = await start({ limits: { maxBytes: 10 } });
  writeFileSync(join(home, "there"), "x");
  const expectContinue = (path: string, headers: Record<string, string>) =>
    new Promise<{ status: number | undefined; continued: boolean }>((resolve, reject) => {
      let continued = false;
      const sent = request(
        {
          port: gateway.port,
          host: "127.0.0.1",
          method: "PUT",
          path: `${new URL(base).pathname}?path=${path}`,
          headers: { expect: "100-continue", ...headers },
        },
        (response) => {
          response.resume();
          resolve({ status: response.statusCode, continued });
          sent.destroy();
        },
      );
      sent.on("continue", () => {
        continued = true;
        sent.end("12345");
      });
      sent.on("error", reject);
      sent.flushHeaders();
    });
  expect(await expectContinue("large", { "content-length": "11" })).toEqual({
    status: 413,
    continued: false,
  });
  expect(await expectContinue("there", { "content-length": "5", "if-none-match": "*" })).toEqual({
    status: 412,
    continued: false,
  });
  expect(await expectContinue("small", { "content-length": "5" })).toEqual({ status: 201, continued: true });
});
