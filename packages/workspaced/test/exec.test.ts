import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isRunning } from "../src/process/proc.ts";
import { eventually, exec, failure, startDaemon } from "./fixture.ts";

test("a command's outputs and exit code come back, the exit code last", async () => {
  const { ssh, home } = await startDaemon({ env: { COLOUR: "teal" } });
  const result = await exec(ssh, 'echo "$PWD $COLOUR $EXTRA"; echo oops >&2; exit 5', {
    envVars: ["EXTRA=a=b"],
  });
  expect(result).toMatchObject({ stdout: `${home} teal a=b\n`, stderr: "oops\n", exitCode: 5 });
});

test("exit codes tell a missing program, one that is not executable, and a signal", async () => {
  const { ssh, home } = await startDaemon();
  await writeFile(join(home, "plain"), "text");
  expect((await exec(ssh, "no-such-program")).exitCode).toBe(127);
  expect((await exec(ssh, "./plain")).exitCode).toBe(126);
  expect((await exec(ssh, "kill -TERM $$")).exitCode).toBe(143);
  expect((await exec(ssh, "kill -KILL $$")).exitCode).toBe(137);
});

test("a shell that cannot be started is an exit code with text, not an error", async () => {
  const { ssh, home } = await startDaemon();
  await writeFile(join(home, "plain"), "text");
  const missing = await exec(ssh, "true", { shellBinary: "/opt/none" });
  expect(missing).toMatchObject({ exitCode: 127, stderr: "shell not found\n" });
  const plain = await exec(ssh, "true", { shellBinary: join(home, "plain") });
  expect(plain).toMatchObject({ exitCode: 126, stderr: "shell is not executable\n" });
  const long = await exec(ssh, `: ${"x".repeat(3_000_000)}`);
  expect(long).toMatchObject({ exitCode: 1, stderr: "cannot start: E2BIG\n" });
});

test("the shell asked for runs the command", async () => {
  const { ssh } = await startDaemon({ shell: "/bin/sh" });
  expect((await exec(ssh, "echo $0", { shellBinary: "bash" })).stdout).toMatch(/bash\n$/);
  expect((await exec(ssh, "echo $0")).stdout).toBe("/bin/sh\n");
});

test("half-close is the end of standard input only", async () => {
  const { ssh } = await startDaemon();
  const result = await exec(ssh, "cat; echo after", { input: "given\n" });
  expect(result).toMatchObject({ stdout: "given\nafter\n", exitCode: 0 });
});

test("output frames hold at most 4096 bytes, and nothing is lost", async () => {
  const { ssh } = await startDaemon();
  const result = await exec(ssh, "seq 100000; seq 100000 >&2");
  let expected = "";
  for (let line = 1; line <= 100000; line += 1) expected += `${line}\n`;
  expect(result.largest).toBeLessThanOrEqual(4096);
  expect(result.stdout === expected).toBe(true);
  expect(result.stderr === expected).toBe(true);
});

test("a signal reaches the whole process group, under its SSH name as well", async () => {
  const { ssh } = await startDaemon();
  const result = await exec(ssh, "sleep 1000 & echo $!; wait", { thenSignal: "TERM" });
  expect(result.exitCode).toBe(143);
  await eventually(() => !isRunning(Number(result.stdout)));
  const handled = await exec(
    ssh,
    "trap 'echo caught; exit 9' USR1; echo ready; while :; do sleep 0.05; done",
    {
      thenSignal: "SIGUSR1",
    },
  );
  expect(handled).toMatchObject({ stdout: "ready\ncaught\n", exitCode: 9 });
});

test("cancelling ends the process group", async () => {
  const { ssh, home } = await startDaemon({ ignoreOrphans: true });
  const abort = new AbortController();
  const call = exec(ssh, "sleep 1000 & echo $! > child; echo $$ > leader; wait", { signal: abort.signal });
  await eventually(() => existsSync(join(home, "leader")));
  const { readFile } = await import("node:fs/promises");
  abort.abort();
  expect(await failure(call)).toBe("Canceled");
  for (const name of ["child", "leader"]) {
    const pid = Number(await readFile(join(home, name), "utf8"));
    await eventually(() => !isRunning(pid));
  }
});

test("an id in use, or used a moment ago, is refused", async () => {
  const { ssh } = await startDaemon();
  await exec(ssh, "true", { id: "ex-1" });
  expect(await failure(exec(ssh, "true", { id: "ex-1" }))).toBe("AlreadyExists");
});

test("another user is refused", async () => {
  const { ssh } = await startDaemon();
  expect(await failure(exec(ssh, "true", { asUser: "bob" }))).toBe("PermissionDenied");
});

test("a program left in the background does not keep the command from ending, and is ended", async () => {
  const { ssh } = await startDaemon();
  const result = await exec(ssh, "setsid sleep 1000 & echo $!");
  expect(result.exitCode).toBe(0);
  await eventually(() => !isRunning(Number(result.stdout)));
});

test("a program left in the background stays when orphans are ignored", async () => {
  const { ssh } = await startDaemon({ ignoreOrphans: true });
  const result = await exec(ssh, "setsid sleep 1000 >/dev/null 2>&1 & echo $!");
  expect(result.exitCode).toBe(0);
  expect(isRunning(Number(result.stdout))).toBe(true);
});

test("a command that does not read its input still ends", async () => {
  const { ssh } = await startDaemon();
  const input = (async function* () {
    for (let count = 0; count < 200; count += 1) yield Buffer.alloc(32768);
  })();
  expect((await exec(ssh, "exit 4", { input })).exitCode).toBe(4);
});

test("a command may open its output and error by name", async () => {
  const { ssh } = await startDaemon();
  const result = await exec(
    ssh,
    "echo out > /dev/stdout; echo err > /dev/stderr; echo both | tee /dev/stderr",
  );
  expect(result).toMatchObject({ stdout: "out\nboth\n", stderr: "err\nboth\n", exitCode: 0 });
});

test("many commands at once each get their own output", async () => {
  const { ssh } = await startDaemon();
  const numbers = Array.from({ length: 40 }, (_, index) => index);
  const results = await Promise.all(
    numbers.map((number) => exec(ssh, `echo out ${number}; echo err ${number} >&2`)),
  );
  expect(results.map(({ stdout, stderr }) => stdout + stderr)).toEqual(
    numbers.map((number) => `out ${number}\nerr ${number}\n`),
  );
});
