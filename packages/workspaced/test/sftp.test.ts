import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createPipe } from "@k8shell/rpc";
import { expect, test } from "vitest";
import { startDaemon, startGrpcDaemon } from "./fixture.ts";

type Ssh = Awaited<ReturnType<typeof startDaemon>>["ssh"];
type Input = Parameters<Ssh["exec"]>[0] extends AsyncIterable<infer T> ? T : never;

const uint32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const text = (value: string) => Buffer.concat([uint32(Buffer.byteLength(value)), Buffer.from(value)]);
const packet = (type: number, ...parts: Buffer[]) => {
  const body = Buffer.concat([Buffer.from([type]), ...parts]);
  return Buffer.concat([uint32(body.length), body]);
};
const init = packet(1, uint32(3));
const realpath = (id: number, path: string) => packet(16, uint32(id), text(path));
const open = (id: number, path: string) => packet(3, uint32(id), text(path), uint32(1), uint32(0));
const read = (id: number, handle: Buffer, offset: number, length: number) =>
  packet(5, uint32(id), handle, uint32(0), uint32(offset), uint32(length));

/** The raw bytes of an SFTP session over Exec. */
const startSftp = (ssh: Ssh) => {
  const requests = createPipe<Input>();
  void requests.write({ request: { case: "commandDetails", value: { command: "/usr/local/bin/sftp" } } });
  const responses = ssh.exec(requests, { metadata: { "exec-id": "ex-sftp" } })[Symbol.asyncIterator]();
  let buffer = Buffer.alloc(0);
  let exitCode: number | undefined;
  const step = async () => {
    const { value, done } = await responses.next();
    if (done) return false;
    if (value.response.case === "stdout") buffer = Buffer.concat([buffer, value.response.value]);
    if (value.response.case === "exitCode") exitCode = value.response.value;
    return true;
  };
  return {
    send: (value: Buffer) => requests.write({ request: { case: "input", value } }),
    async packet() {
      while (buffer.length < 4 || buffer.length < 4 + buffer.readUInt32BE(0)) {
        if (!(await step())) throw new Error("the session ended");
      }
      const end = 4 + buffer.readUInt32BE(0);
      const found = buffer.subarray(4, end);
      buffer = buffer.subarray(end);
      return found;
    },
    async end() {
      requests.end();
      while (await step());
      return exitCode;
    },
  };
};

for (const [name, start] of [
  ["in process", startDaemon],
  ["over gRPC", startGrpcDaemon],
] as const) {
  test(`Exec of /usr/local/bin/sftp is an SFTP server in the home directory, ${name}`, async () => {
    const { ssh, home } = await start();
    const content = Buffer.alloc(3_000_000, "0123456789");
    await writeFile(join(home, "data"), content);
    const sftp = startSftp(ssh);
    // Two packets in pieces that do not follow their borders.
    const both = Buffer.concat([init, realpath(1, ".")]);
    await sftp.send(both.subarray(0, 3));
    await sftp.send(both.subarray(3, 12));
    await sftp.send(both.subarray(12));
    expect([...(await sftp.packet()).subarray(0, 5)]).toEqual([2, 0, 0, 0, 3]);
    expect((await sftp.packet()).toString("latin1")).toContain(home);
    await sftp.send(open(2, "data"));
    const handle = (await sftp.packet()).subarray(5);
    const parts = new Map<number, Buffer>();
    const size = 200_000;
    for (let at = 0; at < content.length; at += size)
      await sftp.send(read(100 + at / size, handle, at, size));
    for (let at = 0; at < content.length; at += size) {
      const answer = await sftp.packet();
      parts.set(answer.readUInt32BE(1), answer.subarray(9));
    }
    const whole = Buffer.concat([...parts].sort(([a], [b]) => a - b).map(([, part]) => part));
    expect(whole.equals(content)).toBe(true);
    expect(await sftp.end()).toBe(0);
  });
}
