import { execFileSync, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createFrameParser } from "../src/frames.ts";
import { OpenFlag, SftpError, SftpStatus, serveSftp } from "../src/index.ts";
import { decodeResponse, encodeHello, encodeRequest, type Request, type Response } from "../src/packets.ts";
import { createLink, generated, ownServer, withClient } from "./servers.ts";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "sftp-"));
});
afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

/** Sends raw bytes and gives the packets that came back when the session has ended. */
const session = async (...chunks: Uint8Array[]): Promise<Uint8Array[]> => {
  const input = async function* () {
    yield* chunks;
  };
  const frames = createFrameParser();
  const packets: Uint8Array[] = [];
  for await (const chunk of serveSftp({ input: input(), home })) packets.push(...frames.push(chunk));
  return packets;
};
const init = encodeHello("init", 3);

/** Answers by id, without the greeting. */
const answers = (packets: Uint8Array[]): Map<number, Response> =>
  new Map(packets.slice(1).map((packet) => [decodeResponse(packet).id, decodeResponse(packet).response]));

const script = (...requests: Request[]): Uint8Array =>
  Buffer.concat([init, ...requests.map((request, index) => encodeRequest(index, request))]);

/** Descriptors of this process that lead below the test's directory. */
const openFiles = (): string[] =>
  readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${fd}`);
      return target.startsWith(home) ? [target] : [];
    } catch {
      return [];
    }
  });

/** The handle that the first open of a session gets. */
const firstHandle = Buffer.from([0, 0, 0, 1]);

test("requests sent without waiting see each other's effects in the order they were sent", async () => {
  const text = (value: string) => Buffer.from(value);
  const packets = await session(
    script(
      { type: "open", path: "file", flags: OpenFlag.Read | OpenFlag.Write | OpenFlag.Create, attributes: {} },
      { type: "write", handle: firstHandle, offset: 0, data: text("aaaaaaaa") },
      { type: "write", handle: firstHandle, offset: 4, data: text("bbbb") },
      { type: "read", handle: firstHandle, offset: 0, length: 100 },
      { type: "write", handle: firstHandle, offset: 2, data: text("cc") },
      { type: "fstat", handle: firstHandle },
      { type: "read", handle: firstHandle, offset: 0, length: 100 },
      { type: "close", handle: firstHandle },
      { type: "read", handle: firstHandle, offset: 0, length: 100 },
      { type: "remove", path: "file" },
      { type: "stat", path: "file" },
    ),
  );
  const found = answers(packets);
  expect(found.get(3)).toEqual({ type: "data", data: text("aaaabbbb") });
  expect(found.get(5)).toMatchObject({ attributes: { size: 8 } });
  expect(found.get(6)).toEqual({ type: "data", data: text("aaccbbbb") });
  expect(found.get(7)).toMatchObject({ code: SftpStatus.Ok });
  expect(found.get(8)).toMatchObject({ code: SftpStatus.NoSuchFile });
  expect(found.get(9)).toMatchObject({ code: SftpStatus.Ok });
  expect(found.get(10)).toMatchObject({ code: SftpStatus.NoSuchFile });
});

test("overlapping writes land in the order they were sent, through two handles as well", async () => {
  const flags = OpenFlag.Write | OpenFlag.Create;
  const second = Buffer.from([0, 0, 0, 2]);
  const writes: Request[] = [];
  for (let turn = 0; turn < 200; turn++) {
    const handle = turn % 2 === 0 ? firstHandle : second;
    writes.push({ type: "write", handle, offset: turn % 3, data: Buffer.alloc(5000, turn) });
  }
  await session(
    script(
      { type: "open", path: "file", flags, attributes: {} },
      { type: "open", path: "./file", flags, attributes: {} },
      ...writes,
    ),
  );
  const expected = Buffer.alloc(5002);
  for (let turn = 0; turn < 200; turn++) expected.fill(turn, turn % 3, (turn % 3) + 5000);
  expect(readFileSync(join(home, "file")).equals(expected)).toBe(true);
});

test.each<[string, Uint8Array[]]>([
  ["no greeting", [encodeRequest(1, { type: "stat", path: "." })]],
  ["a packet over 256 KiB", [init, Buffer.from([0x00, 0x04, 0x00, 0x01])]],
  ["an empty packet", [init, Buffer.alloc(4)]],
  ["a request cut short", [init, Buffer.from([0, 0, 0, 9, 5, 0, 0, 0, 1, 0, 0, 0, 9])]],
  ["a greeting cut short", [Buffer.from([0, 0, 0, 2, 1, 0])]],
  ["text", [Buffer.from("GET / HTTP/1.1\r\n\r\n")]],
  ["half a packet", [init, Buffer.from([0, 0, 1])]],
  ["nothing", []],
])("a session with %s just ends", async (_, chunks) => {
  const packets = await session(...chunks);
  expect(packets.length).toBeLessThanOrEqual(1);
});

test("answers still due are sent when the client ends, or breaks the protocol, behind its requests", async () => {
  for (const tail of [Buffer.alloc(0), Buffer.alloc(4)]) {
    const requests = Array.from({ length: 300 }, (): Request => ({ type: "stat", path: "." }));
    const packets = await session(Buffer.concat([script(...requests), tail]));
    expect(answers(packets).size).toBe(300);
  }
});

test("unknown requests and extensions are refused as not supported", async () => {
  const unknown = Buffer.from([0, 0, 0, 5, 99, 0, 0, 0, 7]);
  const packets = await session(
    Buffer.concat([
      init,
      unknown,
      encodeRequest(8, { type: "extended", name: "teleport@example.org", payload: Buffer.alloc(3) }),
    ]),
  );
  const found = answers(packets);
  expect(found.get(7)).toMatchObject({ code: SftpStatus.OpUnsupported });
  expect(found.get(8)).toMatchObject({ code: SftpStatus.OpUnsupported });
});

test("malformed extension data is the request's failure", async () => {
  const packets = await session(
    script({ type: "extended", name: "posix-rename@openssh.com", payload: Buffer.from([0, 0, 0, 9]) }),
  );
  expect(answers(packets).get(0)).toMatchObject({ code: SftpStatus.BadMessage });
});

test("forged handles are refused", async () => {
  const packets = await session(
    script(
      { type: "close", handle: Buffer.from([9, 9, 9, 9]) },
      { type: "read", handle: Buffer.alloc(0), offset: 0, length: 10 },
      { type: "readdir", handle: Buffer.alloc(200) },
      { type: "write", handle: Buffer.alloc(4), offset: 0, data: Buffer.alloc(1) },
    ),
  );
  for (const response of answers(packets).values()) {
    expect(response).toMatchObject({ type: "status", code: SftpStatus.NoSuchFile });
  }
});

test("a plain rename does not replace, an extended one does", async () => {
  writeFileSync(join(home, "one"), "1");
  writeFileSync(join(home, "two"), "2");
  const packets = await session(
    script({ type: "rename", from: "one", to: "two" }, { type: "rename", from: "one", to: "three" }),
  );
  expect(answers(packets).get(0)).toMatchObject({
    code: SftpStatus.Failure,
    message: "EEXIST: file already exists",
  });
  expect(answers(packets).get(1)).toMatchObject({ code: SftpStatus.Ok });
  expect(readdirSync(home).sort()).toEqual(["three", "two"]);
  expect(readFileSync(join(home, "two"), "utf8")).toBe("2");
});

test("a path with a NUL byte is refused", async () => {
  const packets = await session(
    script({ type: "stat", path: "a\0b" }, { type: "symlink", target: "x\0", link: "l" }),
  );
  for (const response of answers(packets).values())
    expect(response).toMatchObject({ code: SftpStatus.BadMessage });
});

test("opening a FIFO neither succeeds nor holds the server up", async () => {
  execFileSync("mkfifo", [join(home, "fifo")]);
  await withClient(ownServer(home), async (client) => {
    const attempts = Array.from({ length: 20 }, () =>
      client.open("fifo", OpenFlag.Read).catch((error: unknown) => error),
    );
    for (const result of await Promise.all(attempts)) expect(result).toBeInstanceOf(SftpError);
    expect((await client.stat("fifo")).mode).toBeDefined();
  });
});

test("a full disk is told from other failures", async () => {
  await withClient(ownServer(home), async (client) => {
    const error = await client
      .write("/dev/full", generated(100_000), { flags: OpenFlag.Write })
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: SftpStatus.Failure, errno: "ENOSPC" });
  });
});

test("the number of open handles is bounded", async () => {
  writeFileSync(join(home, "file"), "");
  const opens = Array.from(
    { length: 1030 },
    (): Request => ({ type: "open", path: "file", flags: OpenFlag.Read, attributes: {} }),
  );
  const found = [...answers(await session(script(...opens))).values()];
  const refused = found.filter(({ type }) => type === "status");
  expect(refused.length).toBeGreaterThanOrEqual(6);
  expect(found.length).toBe(1030);
  expect(openFiles()).toEqual([]);
});

test("files are closed when the client leaves without closing them", async () => {
  await session(
    script(
      { type: "open", path: "file", flags: OpenFlag.Write | OpenFlag.Create, attributes: {} },
      { type: "opendir", path: "." },
    ),
  );
  expect(openFiles()).toEqual([]);
});

test("files are closed when the consumer leaves while the client is silent", async () => {
  const link = createLink();
  const output = serveSftp({ input: link.output, home })[Symbol.asyncIterator]();
  await link.write(
    script({ type: "open", path: "file", flags: OpenFlag.Write | OpenFlag.Create, attributes: {} }),
  );
  await output.next();
  while (openFiles().length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  await output.return?.();
  while (openFiles().length > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(openFiles()).toEqual([]);
});

test("a client that does not read its answers is not read from beyond a bound", async () => {
  writeFileSync(join(home, "file"), Buffer.alloc(262_144));
  let taken = 0;
  const input = async function* () {
    yield script({ type: "open", path: "file", flags: OpenFlag.Read, attributes: {} });
    for (;;) {
      taken += 1;
      yield encodeRequest(taken, { type: "read", handle: firstHandle, offset: 0, length: 200_000 });
    }
  };
  const output = serveSftp({ input: input(), home })[Symbol.asyncIterator]();
  await output.next();
  let before = -1;
  // Nothing is consumed: the server comes to a stop by itself.
  while (taken !== before) {
    before = taken;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  expect(taken * 200_000).toBeLessThan(8 * 1024 * 1024);
  await output.return?.();
});

test("OpenSSH's own client moves, lists, links and removes files", () => {
  const local = join(home, "local");
  writeFileSync(local, Buffer.alloc(3_000_000, "k8shell"));
  const batch = [
    "mkdir a",
    "cd a",
    `put ${local} copy`,
    "ls -l",
    "ln -s copy soft",
    "ln copy hard",
    "df",
    "rename copy moved",
    "chmod 600 moved",
    `get moved ${join(home, "back")}`,
    "ls -la",
    "rm soft",
    "rm hard",
    "rm moved",
    "cd ..",
    "rmdir a",
  ].join("\n");
  const server = `${process.execPath} ${join(import.meta.dirname, "fixtures/stdio-server.ts")} ${home}`;
  const result = spawnSync("sftp", ["-D", server, "-b", "-", "workspace"], {
    input: `${batch}\n`,
    encoding: "utf8",
  });
  expect(result.stderr).toBe("");
  expect(result.status).toBe(0);
  expect(result.stdout).toMatch(/^-rw-r--r-- +1 0 +0 +3000000 \w{3} +\d+ [\d:]+ copy$/m);
  expect(result.stdout).toMatch(/^lrwxrwxrwx .* soft$/m);
  expect(readFileSync(join(home, "back")).equals(readFileSync(local))).toBe(true);
  expect(existsSync(join(home, "a"))).toBe(false);
});
