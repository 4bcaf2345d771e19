import { createReadStream, createWriteStream, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createSftpClient, type SftpClient, type SftpStream } from "../../packages/sftp/src/index.ts";
import { processServer } from "../../packages/sftp/test/servers.ts";
import { type Bench, median } from "../bench.ts";

const size = 256 << 20;
const rounds = 5;
const block = Buffer.alloc(64 * 1024, "k8shell");
const openssh = "/usr/lib/openssh/sftp-server";

const source = async function* () {
  for (let sent = 0; sent < size; sent += block.length) yield block;
};
const drain = async (chunks: AsyncIterable<Uint8Array>) => {
  let count = 0;
  for await (const chunk of chunks) count += chunk.length;
  if (count !== size) throw new Error(`${count} bytes instead of ${size}`);
};
/** MB/s of moving `size` bytes. */
const rate = async (move: () => Promise<unknown>): Promise<number> => {
  const startedAt = performance.now();
  await move();
  return size / (performance.now() - startedAt) / 1000;
};

const bench: Bench = {
  title: "SFTP transfers of 256 MiB in page cache",
  method:
    `Medians of ${rounds} interleaved rounds: this project's client against OpenSSH's sftp-server and against this ` +
    "project's server, each a process behind a pipe; the peer is a Node file stream in the same round.",
  async run(say) {
    const home = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "k8shell-bench-"));
    const own = join(import.meta.dirname, "../../packages/sftp/test/fixtures/stdio-server.ts");
    const servers: Array<[name: string, start: () => SftpStream]> = [
      ["own server", () => processServer(process.execPath, [own, home], home)],
    ];
    if (existsSync(openssh)) servers.push(["OpenSSH server", () => processServer(openssh, [], home)]);
    const measured = new Map<string, number[]>();
    const note = (name: string, value: number) => measured.set(name, [...(measured.get(name) ?? []), value]);
    const withClient = async (start: () => SftpStream, use: (client: SftpClient) => Promise<unknown>) => {
      const client = createSftpClient(start());
      await client.stat(".");
      const result = await rate(() => use(client));
      await client.close();
      return result;
    };
    try {
      const file = join(home, "file");
      const target = join(home, "target");
      writeFileSync(file, Buffer.alloc(size, "k8shell"));
      for (let round = 0; round < rounds; round++) {
        note("fs read", await rate(() => drain(createReadStream(file))));
        note("fs write", await rate(() => pipeline(source(), createWriteStream(target))));
        for (const [name, start] of servers) {
          note(`read, ${name}`, await withClient(start, (client) => drain(client.read(file))));
          note(`write, ${name}`, await withClient(start, (client) => client.write(target, source())));
        }
        say(`round ${round + 1} of ${rounds}`);
      }
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
    const value = (name: string) => median(measured.get(name) ?? []);
    return servers.flatMap(([server]) =>
      (["read", "write"] as const).map((direction) => ({
        name: `${direction}, ${server}`,
        unit: "MB/s",
        ours: value(`${direction}, ${server}`),
        peer: { name: `Node file ${direction}`, value: value(`fs ${direction}`) },
        // The client is what is held to a limit; a server of ours shares its core with it here.
        ...(direction === "read" && server === "OpenSSH server" ? { limit: 0.4 } : {}),
      })),
    );
  },
};

export default bench;
