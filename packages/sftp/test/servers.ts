import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  createSftpClient,
  type SftpClient,
  type SftpClientOptions,
  type SftpStream,
  serveSftp,
} from "../src/index.ts";

/** Chunks passed from a writer to a reader, with room for a few. */
export const createLink = () => {
  const stream = new TransformStream<Uint8Array, Uint8Array>(
    undefined,
    new CountQueuingStrategy({ highWaterMark: 4 }),
    new CountQueuingStrategy({ highWaterMark: 4 }),
  );
  const writer = stream.writable.getWriter();
  return {
    output: stream.readable,
    async write(chunk: Uint8Array) {
      await writer.ready;
      // Only the order matters here, and `ready` is the backpressure.
      writer.write(chunk).catch(() => {});
    },
    end: () => {
      writer.close().catch(() => {});
    },
  };
};

/** Our server in this process. */
export const ownServer = (home: string): SftpStream => {
  const link = createLink();
  return {
    input: serveSftp({ input: link.output, home }),
    write: link.write,
    end: link.end,
  };
};

/** A server process that talks over stdin and stdout. */
export const processServer = (command: string, args: readonly string[], home: string): SftpStream => {
  const child = spawn(command, args, { cwd: home, stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.on("error", () => {});
  const exited = once(child, "exit");
  return {
    input: child.stdout,
    async write(chunk) {
      if (!child.stdin.write(chunk)) await Promise.race([once(child.stdin, "drain"), exited]);
    },
    end: () => child.stdin.end(),
  };
};

export const servers: ReadonlyArray<readonly [name: string, start: (home: string) => SftpStream]> = [
  ["this package's server", ownServer],
  ["OpenSSH's sftp-server", (home) => processServer("/usr/lib/openssh/sftp-server", ["-e"], home)],
];

/** Runs a test with a client, and ends the session. */
export const withClient = async <T>(
  stream: SftpStream,
  use: (client: SftpClient) => Promise<T>,
  options?: SftpClientOptions,
): Promise<T> => {
  const client = createSftpClient(stream, options);
  try {
    return await use(client);
  } finally {
    await client.close();
  }
};

export const collect = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
};

export const bytesOf = async (chunks: AsyncIterable<Uint8Array>): Promise<Buffer> =>
  Buffer.concat(await collect(chunks));

/** `length` pseudo-random bytes that differ by position, in chunks of the given sizes. */
export async function* generated(
  length: number,
  sizes: readonly number[] = [65_536],
): AsyncGenerator<Buffer> {
  let state = 0x2545f491;
  for (let sent = 0, turn = 0; sent < length; turn++) {
    const size = Math.min(sizes[turn % sizes.length] ?? 1, length - sent);
    const words = new Uint32Array(Math.ceil(size / 4));
    for (let index = 0; index < words.length; index++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      words[index] = state;
    }
    yield Buffer.from(words.buffer, 0, size);
    sent += size;
  }
}
