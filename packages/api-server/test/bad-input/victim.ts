import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { type Assembled, addUser, type Credentials, createWorkspace, startAssembled } from "../assembled.ts";

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
  });
  afterAll(async () => {
    await victim?.assembled.close();
  });
  afterEach(async () => {
    const { assembled, alice } = current();
    expect((await assembled.request("GET", "/api/v1/me/profile", { credentials: alice })).status).toBe(200);
    expect(assembled.errors.splice(0)).toEqual([]);
  });
  return current;
};
