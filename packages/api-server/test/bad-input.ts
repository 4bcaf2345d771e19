import { once } from "node:events";
import { connect } from "node:net";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { type Assembled, addUser, type Credentials, createWorkspace, startAssembled } from "./assembled.ts";

/** Texts that have broken programs before. */
const nasty = [
  "",
  " ",
  ".",
  "..",
  "../../../../etc/passwd",
  "..\\..\\",
  "/",
  "//",
  "%",
  "%00",
  "%2e%2e%2f",
  "%ff%fe",
  "%c0%ae",
  "\u0000",
  "\u202e",
  "\ufeff",
  "ｅ",
  "*",
  "~",
  "alice~",
  "alice~dev+user=root",
  "b64-",
  "b64-***",
  "alice~repo=a/b/c",
  "__proto__",
  "constructor",
  "toString",
  "null",
  "undefined",
  "NaN",
  "-1",
  "0",
  "1e309",
  "99999999999999999999",
  "9223372036854775808",
  "true",
  "[]",
  "{}",
  "' or 1=1 --",
  "%{x}",
  "<script>alert(1)</script>",
  "a".repeat(300),
  "é".repeat(5000),
] as const;

export const text = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom(...nasty) },
  { weight: 2, arbitrary: fc.string({ unit: "binary", maxLength: 60 }) },
  { weight: 1, arbitrary: fc.string({ unit: "grapheme", maxLength: 60 }) },
);
/** Without half characters, which cannot be written as UTF-8. */
export const wellFormed = text.map((value) => value.toWellFormed());
export const encoded = wellFormed.map((value) => encodeURIComponent(value));
/** What may stand in a request line: no spaces and line ends, but any other byte. */
export const lineText = fc
  .oneof(
    text,
    fc.string({ unit: fc.integer({ min: 0x21, max: 0xff }).map((code) => String.fromCharCode(code)) }),
  )
  .map((value) => value.replace(/[\s\u0000]/g, "_").slice(0, 2000));
/** What may stand in a header: any byte but line ends. */
export const headerText = fc
  .oneof(
    text,
    fc.string({ unit: fc.integer({ min: 0x09, max: 0xff }).map((code) => String.fromCharCode(code)) }),
  )
  .map((value) => value.replace(/[\r\n\u0000]/g, "").slice(0, 3000));

/**
 * Bytes as they are, over one connection that is half-closed after them; the statuses of the answers.
 * @param port of the server, on 127.0.0.1
 */
const sendRaw = async (port: number, bytes: Uint8Array): Promise<number[]> => {
  const socket = connect({ host: "127.0.0.1", port });
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  // A server that has heard enough closes while we still write.
  socket.on("error", () => undefined);
  const closed = once(socket, "close");
  socket.setTimeout(10_000, () => socket.destroy(new Error("no answer")));
  socket.end(bytes);
  await closed;
  const received = Buffer.concat(chunks).toString("latin1");
  return [...received.matchAll(/(?:^|\r\n)HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
};

/** How a property is tried: often, but not for longer than a test may take. */
export const runs = (numRuns: number) => ({
  numRuns,
  interruptAfterTimeLimit: 25_000,
  markInterruptAsFailure: false,
});

/** No answer is the server's own failure. */
export const expectCalm = (statuses: readonly number[]) => {
  expect(statuses.filter((status) => status >= 500)).toEqual([]);
};

/** The server that is tried, and alice, who sends everything and owns a running workspace. */
export interface Victim {
  readonly assembled: Assembled;
  readonly alice: Credentials;
  readonly workspace: string;
  /** Alice's credentials as a header line. */
  readonly authorization: string;
  sendBytes(bytes: Uint8Array): Promise<number[]>;
  /** A request of any header lines, latin-1, without checks. */
  sendRequest(line: string, headers: string, body?: Uint8Array): Promise<number[]>;
}

const startVictim = async (): Promise<Victim> => {
  const assembled = await startAssembled();
  const { server } = assembled;
  const alice = await addUser(assembled, "alice", { roles: ["developer"] });
  const { workspace } = await createWorkspace(assembled, "alice", alice);
  const sendBytes = (bytes: Uint8Array) => sendRaw(server.port, bytes);
  return {
    assembled,
    alice,
    workspace,
    authorization: `authorization: ${alice.authorization}\r\n`,
    sendBytes,
    sendRequest(line, headers, body = new Uint8Array()) {
      const head = Buffer.from(`${line}\r\n${headers}connection: close\r\n\r\n`, "latin1");
      return sendBytes(Buffer.concat([head, body]));
    },
  };
};

/**
 * One server for all tests of a file. After each test it must still know alice and must have logged no failure.
 * The function returned gives the server once tests run.
 */
export const useVictim = (): (() => Victim) => {
  let victim: Victim | undefined;
  const current = (): Victim => {
    if (!victim) throw new Error("the server has not started");
    return victim;
  };
  beforeAll(async () => {
    victim = await startVictim();
  }, 120_000);
  afterAll(async () => {
    await victim?.assembled.close();
  }, 60_000);
  afterEach(async () => {
    const { assembled, alice } = current();
    expect((await assembled.request("GET", "/api/v1/me/profile", { credentials: alice })).status).toBe(200);
    expect(assembled.errors.splice(0)).toEqual([]);
  });
  return current;
};
