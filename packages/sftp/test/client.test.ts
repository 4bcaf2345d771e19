import { createHash } from "node:crypto";
import {
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { chmod, link, mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { joinPath, OpenFlag, removeTree, SftpError, SftpStatus } from "../src/index.ts";
import { bytesOf, collect, generated, servers, withClient } from "./servers.ts";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "sftp-"));
});
afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

const failure = async (operation: Promise<unknown>): Promise<SftpError> => {
  const error = await operation.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof SftpError)) throw new Error(`not an SftpError: ${error}`);
  return error;
};

describe.each(servers)("a client of %s", (_, start) => {
  test("finds its home, and relative paths begin there", async () => {
    writeFileSync(join(home, "note"), "hello");
    await withClient(start(home), async (client) => {
      expect(await client.realpath(".")).toBe(home);
      expect(await client.realpath("./not-yet")).toBe(join(home, "not-yet"));
      expect(await client.stat("note")).toMatchObject({ size: 5 });
      expect(await client.stat(join(home, "note"))).toMatchObject({ size: 5 });
    });
  });

  test("round trips 256 MiB unchanged", async () => {
    const length = 256 * 1024 * 1024;
    await withClient(start(home), async (client) => {
      const sent = createHash("sha256");
      async function* source() {
        for await (const chunk of generated(length, [65_536, 1, 131_072, 100_000])) {
          sent.update(chunk);
          yield chunk;
        }
      }
      expect(await client.write("big", source())).toBe(length);
      const digest = sent.digest("hex");
      const stored = createHash("sha256");
      for (const chunk of [readFileSync(join(home, "big"))]) stored.update(chunk);
      expect(stored.digest("hex")).toBe(digest);
      const received = createHash("sha256");
      let count = 0;
      for await (const chunk of client.read("big")) {
        received.update(chunk);
        count += chunk.length;
      }
      expect(count).toBe(length);
      expect(received.digest("hex")).toBe(digest);
    });
  });

  test.each([0, 1, 4095, 65_536, 65_537, 300_001])("round trips %i bytes", async (length) => {
    await withClient(start(home), async (client) => {
      const expected = await bytesOf(generated(length, [7, 40_000, 13]));
      expect(await client.write("file", generated(length, [7, 40_000, 13]))).toBe(length);
      expect((await bytesOf(client.read("file"))).equals(expected)).toBe(true);
    });
  });

  test("reads a range, inclusive at both ends, and nothing beyond the end of the file", async () => {
    const whole = await bytesOf(generated(500_000));
    writeFileSync(join(home, "file"), whole);
    await withClient(start(home), async (client) => {
      for (const [first, last] of [
        [0, 0],
        [10, 19],
        [65_530, 200_001],
        [499_999, 499_999],
        [499_990, 600_000],
      ] as const) {
        const part = await bytesOf(client.read("file", { start: first, end: last }));
        expect(part.equals(whole.subarray(first, last + 1))).toBe(true);
      }
      expect(await bytesOf(client.read("file", { start: 500_000 }))).toHaveLength(0);
    });
  });

  test("reads a file whose size the system does not tell", async () => {
    await withClient(start(home), async (client) => {
      expect((await client.stat("/proc/self/status")).size).toBe(0);
      expect((await bytesOf(client.read("/proc/self/status"))).toString()).toContain("Pid:");
    });
  });

  test("lists a directory of 2500 entries once each, with their attributes", async () => {
    await mkdir(join(home, "many"));
    for (let index = 0; index < 2500; index++)
      writeFileSync(join(home, "many", `file-${index}`), "x".repeat(index % 7));
    await mkdir(join(home, "many", "directory"));
    symlinkSync("nowhere", join(home, "many", "link"));
    await withClient(start(home), async (client) => {
      const entries = await collect(client.readdir("many"));
      expect(entries.map(({ name }) => name).sort()).toEqual(readdirSync(join(home, "many")).sort());
      for (const { name, attributes } of entries) {
        const stats = lstatSync(join(home, "many", name));
        expect(attributes).toMatchObject({
          mode: stats.mode,
          size: stats.size,
          mtime: Math.floor(stats.mtimeMs / 1000),
        });
      }
    });
  });

  test("handles names that are not UTF-8", async () => {
    const name = Buffer.from([0x61, 0xff, 0xfe]);
    writeFileSync(Buffer.concat([Buffer.from(`${home}/`), name]), "odd");
    await withClient(start(home), async (client) => {
      const [entry] = await collect(client.readdir("."));
      expect(entry?.nameBytes.equals(name)).toBe(true);
      const path = joinPath(home, name);
      expect((await bytesOf(client.read(path))).toString()).toBe("odd");
      await client.remove(path);
      expect(readdirSync(home)).toEqual([]);
    });
  });

  test("makes and removes directories, files and links", async () => {
    await withClient(start(home), async (client) => {
      await client.mkdir("directory", { mode: 0o750 });
      expect(statSync(join(home, "directory")).mode & 0o777).toBe(0o750);
      await client.write("directory/file", generated(10));
      await client.symlink("file", "directory/link");
      expect((await client.readlink("directory/link")).toString()).toBe("file");
      expect(((await client.lstat("directory/link")).mode ?? 0) & 0o170000).toBe(0o120000);
      expect((await client.stat("directory/link")).size).toBe(10);
      expect((await failure(client.rmdir("directory"))).code).toBe(SftpStatus.Failure);
      await client.remove("directory/link");
      await client.remove("directory/file");
      await client.rmdir("directory");
      expect(readdirSync(home)).toEqual([]);
    });
  });

  test("rename replaces its target at once", async () => {
    writeFileSync(join(home, "old"), "new text");
    writeFileSync(join(home, "target"), "old text");
    await withClient(start(home), async (client) => {
      await client.rename("old", "target");
      expect(readFileSync(join(home, "target"), "utf8")).toBe("new text");
      expect(existsSync(join(home, "old"))).toBe(false);
    });
  });

  test("renameNew never replaces", async () => {
    writeFileSync(join(home, "old"), "new text");
    writeFileSync(join(home, "target"), "old text");
    await withClient(start(home), async (client) => {
      expect((await failure(client.renameNew("old", "target"))).code).toBe(SftpStatus.Failure);
      expect(readFileSync(join(home, "target"), "utf8")).toBe("old text");
      await client.renameNew("old", "fresh");
      expect(readdirSync(home).sort()).toEqual(["fresh", "target"]);
    });
  });

  test("changes mode, times and size", async () => {
    writeFileSync(join(home, "file"), "0123456789");
    await withClient(start(home), async (client) => {
      await client.setstat("file", { mode: 0o600, atime: 1_000_000, mtime: 1_700_000_000 });
      await client.setstat("file", { size: 4 });
      const file = await client.open("file", OpenFlag.Read | OpenFlag.Write);
      expect(await file.stat()).toMatchObject({ size: 4 });
      await file.setstat({ mode: 0o640 });
      await file.sync();
      await file.close();
      expect(statSync(join(home, "file")).mode & 0o777).toBe(0o640);
      await client.setstat("file", { atime: 5, mtime: 6 });
      expect(await client.stat("file")).toMatchObject({ atime: 5, mtime: 6 });
    });
  });

  test("writes at an offset, appends, and refuses to overwrite when asked to", async () => {
    writeFileSync(join(home, "file"), "0123456789");
    const text = async function* (value: string) {
      yield Buffer.from(value);
    };
    await withClient(start(home), async (client) => {
      await client.write("file", text("XY"), { flags: OpenFlag.Write, offset: 3 });
      expect(readFileSync(join(home, "file"), "utf8")).toBe("012XY56789");
      await client.write("file", text("END"), { flags: OpenFlag.Write | OpenFlag.Append });
      expect(readFileSync(join(home, "file"), "utf8")).toBe("012XY56789END");
      const flags = OpenFlag.Write | OpenFlag.Create | OpenFlag.Exclusive;
      expect((await failure(client.write("file", text("no"), { flags }))).code).toBe(SftpStatus.Failure);
      await client.write("fresh", text("yes"), { flags, mode: 0o600 });
      expect(statSync(join(home, "fresh")).mode & 0o777).toBe(0o600);
    });
  });

  test("reads and writes beyond 4 GiB", async () => {
    const far = 5 * 2 ** 30 + 7;
    const text = async function* () {
      yield Buffer.from("far away");
    };
    await withClient(start(home), async (client) => {
      await client.write("sparse", text(), { offset: far });
      expect((await client.stat("sparse")).size).toBe(far + 8);
      expect((await bytesOf(client.read("sparse", { start: far + 4 }))).toString()).toBe("away");
    });
  });

  test("tells what is missing, forbidden, or of the wrong kind", async () => {
    writeFileSync(join(home, "file"), "x");
    await mkdir(join(home, "directory"));
    await withClient(start(home), async (client) => {
      expect((await failure(client.stat("missing"))).code).toBe(SftpStatus.NoSuchFile);
      expect((await failure(client.stat("file/below"))).code).toBe(SftpStatus.NoSuchFile);
      expect((await failure(client.open("missing/file", OpenFlag.Write | OpenFlag.Create))).code).toBe(
        SftpStatus.NoSuchFile,
      );
      expect((await failure(client.mkdir("directory"))).code).toBe(SftpStatus.Failure);
      expect((await failure(collect(client.readdir("file")))).code).toBe(SftpStatus.NoSuchFile);
      expect((await failure(client.stat("n".repeat(300)))).code).toBe(SftpStatus.BadMessage);
      expect((await failure(bytesOf(client.read("directory")))).code).toBe(SftpStatus.Failure);
      expect((await failure(client.write("/proc/version", generated(1)))).code).toBeGreaterThan(1);
    });
  });

  test("removes a tree with links, hidden names and deep levels, and nothing the links lead to", async () => {
    writeFileSync(join(home, "kept"), "kept");
    let deep = join(home, "tree");
    for (let level = 0; level < 20; level++) {
      await mkdir(deep);
      writeFileSync(join(deep, ".hidden"), "");
      symlinkSync(join(home, "kept"), join(deep, "to-file"));
      symlinkSync(home, join(deep, "to-home"));
      deep = join(deep, "level");
    }
    for (let index = 0; index < 300; index++) writeFileSync(join(home, "tree", `f${index}`), "");
    await withClient(start(home), async (client) => {
      await removeTree(client, "tree");
      expect(readdirSync(home)).toEqual(["kept"]);
      await removeTree(client, "kept");
      expect(readdirSync(home)).toEqual([]);
      expect((await failure(removeTree(client, "kept"))).code).toBe(SftpStatus.NoSuchFile);
    });
  });

  test("says how much room there is", async () => {
    await withClient(start(home), async (client) => {
      const size = await client.statvfs(".");
      expect(size?.total).toBeGreaterThan(0);
      expect(size?.available).toBeLessThanOrEqual(size?.total ?? 0);
    });
  });

  test("an aborted download leaves the session usable", async () => {
    writeFileSync(join(home, "file"), Buffer.alloc(20_000_000, 1));
    await withClient(start(home), async (client) => {
      const controller = new AbortController();
      const reading = (async () => {
        let count = 0;
        for await (const chunk of client.read("file", { signal: controller.signal })) {
          count += chunk.length;
          if (count > 1_000_000) controller.abort(new Error("enough"));
        }
      })();
      await expect(reading).rejects.toThrow("enough");
      expect((await client.stat("file")).size).toBe(20_000_000);
    });
  });

  test("a download left early leaves the session usable", async () => {
    writeFileSync(join(home, "file"), Buffer.alloc(20_000_000, 1));
    await withClient(start(home), async (client) => {
      for await (const chunk of client.read("file")) {
        expect(chunk.length).toBeGreaterThan(0);
        break;
      }
      expect((await client.stat("file")).size).toBe(20_000_000);
    });
  });

  test("an aborted upload ends at once although its source is silent, and tells the source", async () => {
    await withClient(start(home), async (client) => {
      const controller = new AbortController();
      let told = false;
      const source: AsyncIterable<Uint8Array> = {
        [Symbol.asyncIterator]: () => ({
          next() {
            setImmediate(() => controller.abort(new Error("gone")));
            return new Promise(() => {});
          },
          async return() {
            told = true;
            return { value: undefined, done: true };
          },
        }),
      };
      const writing = client.write("file", source, { signal: controller.signal });
      await expect(writing).rejects.toThrow("gone");
      expect(told).toBe(true);
      expect((await client.stat(".")).mode).toBeDefined();
    });
  });

  test("an error of the source is the upload's error", async () => {
    const source = async function* () {
      yield Buffer.alloc(100_000);
      throw new Error("source broke");
    };
    await withClient(start(home), async (client) => {
      await expect(client.write("file", source())).rejects.toThrow("source broke");
      expect((await client.stat("file")).size).toBeLessThanOrEqual(100_000);
    });
  });

  test("a window of one works too", async () => {
    await withClient(
      start(home),
      async (client) => {
        await client.write("file", generated(1_000_000));
        expect((await bytesOf(client.read("file"))).equals(await bytesOf(generated(1_000_000)))).toBe(true);
      },
      { window: 1 },
    );
  });

  test("several transfers share one session", async () => {
    await withClient(start(home), async (client) => {
      await Promise.all([1, 2, 3, 4].map((index) => client.write(`f${index}`, generated(3_000_000 + index))));
      const sizes = await Promise.all(
        [1, 2, 3, 4].map(async (index) => (await bytesOf(client.read(`f${index}`))).length),
      );
      expect(sizes).toEqual([3_000_001, 3_000_002, 3_000_003, 3_000_004]);
    });
  });

  test("requests after the end of the session fail as lost", async () => {
    const client = await withClient(start(home), async (open) => {
      await open.stat(".");
      return open;
    });
    expect(client.ended.aborted).toBe(true);
    expect((await failure(client.stat("."))).code).toBe(SftpStatus.ConnectionLost);
  });

  test("hard links and modes made elsewhere are seen", async () => {
    writeFileSync(join(home, "file"), "x");
    await link(join(home, "file"), join(home, "second"));
    await chmod(join(home, "file"), 0o4711);
    await withClient(start(home), async (client) => {
      expect((await client.stat("second")).mode).toBe(0o104711);
    });
  });
});
