import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bareClient, status } from "../bare/client.ts";
import { connect, execute, exitCode, ssh } from "../bare/daemon.ts";
import { startBundle } from "../bundle-fixture.ts";

// What a client that knows nothing but the contract sees: field numbers, metadata, status codes.

test("the bundle's exec: outputs in frames of at most 4096 bytes, then the exit code, even 0, then OK", async () => {
  const { config } = await startBundle();
  const bare = bareClient(`unix:${config.listen}`, config.tokenFile);
  const call = execute(bare, "ex-1", [
    [2, "head -c 20000 /dev/zero; echo $V >&2; cat"],
    [4, "V=w"],
    [5, true],
    [6, 80],
    [7, 24],
  ]);
  call.write([[4, [[1, 80]]]]);
  call.write([[2, "from standard input"]]);
  call.end();
  expect((await call.ended).code).toBe(status.OK);
  expect(call.frames.at(-1)?.numbers).toEqual([3]);
  expect(exitCode(call)).toBe(0);
  expect(call.frames.slice(0, -1).every((frame) => frame.numbers[0] !== 3)).toBe(true);
  for (const field of [1, 2])
    for (const frame of call.frames) expect(frame.bytes(field)?.length ?? 0).toBeLessThanOrEqual(4096);
  expect(call.output(1).subarray(20_000).toString()).toBe("from standard input");
  expect(call.output(2).toString()).toBe("w\n");
  expect((await execute(bare, "ex-1", [[2, "true"]]).ended).code).toBe(status.ALREADY_EXISTS);
});

test.each([
  ["a command that is not there", [[2, "no-such-command-here"]], 127],
  ["a file that may not be executed", [[2, "/etc/passwd"]], 126],
  [
    "a shell that is not there",
    [
      [2, "true"],
      [3, "/no/shell"],
    ],
    127,
  ],
  ["its own end by a signal", [[2, "kill -TERM $$"]], 143],
  ["a negative-looking code", [[2, "exit 255"]], 255],
] as const)("the exit code of %s, without an error of the stream", async (_, details, code) => {
  const { bare } = await connect();
  const call = execute(bare, "ex-1", details);
  expect((await call.ended).code).toBe(status.OK);
  expect(exitCode(call)).toBe(code);
});

test("a signal ends the command with 128 and its number, and what is typed after it is not read", async () => {
  const { bare, home } = await connect();
  const call = execute(bare, "ex-1", [
    [2, "trap 'sleep 0.3; exit 9' USR1; echo up; while read l; do touch $l; done; sleep 60"],
  ]);
  await call.until(() => call.output(1).includes("up"));
  call.write([[3, "TERM"]]);
  call.write([[2, "late\n"]]);
  await call.ended;
  expect(exitCode(call)).toBe(143);
  expect(existsSync(join(home, "late"))).toBe(false);
});

test("an exec must have an id, and must begin with its command", async () => {
  const { bare } = await connect();
  const nameless = bare.stream(ssh("Exec"));
  nameless.write([[1, [[2, "true"]]]]);
  expect((await nameless.ended).code).toBe(status.UNKNOWN);
  const headless = bare.stream(ssh("Exec"), { "exec-id": "ex-2" });
  headless.write([[2, "true\n"]]);
  expect((await headless.ended).code).toBe(status.INVALID_ARGUMENT);
});

test("SFTP is Exec of /usr/local/bin/sftp: bytes cut anywhere, the home directory, exit code 0 after the half-close", async () => {
  const { bare, home } = await connect();
  const call = execute(bare, "ex-1", [[2, "/usr/local/bin/sftp"]]);
  const packet = (kind: number, body: Uint8Array) => {
    const head = Buffer.alloc(5);
    head.writeUInt32BE(body.length + 1);
    head[4] = kind;
    return Buffer.concat([head, body]);
  };
  const version3 = Buffer.from([0, 0, 0, 3]);
  const realpathOfDot = Buffer.from([0, 0, 0, 7, 0, 0, 0, 1, 0x2e]);
  for (const byte of Buffer.concat([packet(1, version3), packet(16, realpathOfDot)])) {
    call.write([[2, Uint8Array.of(byte)]]);
  }
  await call.until(() => call.output(1).includes(home));
  const output = call.output(1);
  expect(output[4]).toBe(2);
  expect(output.readUInt32BE(5)).toBe(3);
  const answer = output.subarray(4 + output.readUInt32BE(0));
  expect(answer[4]).toBe(104);
  expect(answer.readUInt32BE(5)).toBe(7);
  call.end();
  expect((await call.ended).code).toBe(status.OK);
  expect(exitCode(call)).toBe(0);
});
