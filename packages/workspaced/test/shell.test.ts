import { existsSync } from "node:fs";
import { mkdir, realpath, symlink } from "node:fs/promises";
import { join } from "node:path";
import { AcquireSessionFailureReason } from "@k8shell/contract/gen/k8shelld/v1/k8shelld_pb.js";
import { expect, test } from "vitest";
import { isRunning } from "../src/process/proc.ts";
import { eventually, failure, openShell, startDaemon } from "./fixture.ts";

test("a shell is a login shell on a terminal, in the home directory, with its session id", async () => {
  const { ssh, home } = await startDaemon();
  const shell = openShell(ssh, "ws-1", { setEnvVars: ["COLOUR=teal", "HOME=/nowhere", "broken"] });
  expect(await shell.started()).toMatch(/^\/dev\/pts\/\d+$/);
  await shell.type('echo "[$HOME|$PWD|$K8SHELL_SESSION_ID|$COLOUR|$(tty)]"; shopt login_shell\n');
  await shell.until(/login_shell\s+on/);
  expect(shell.text).toContain(`[${home}|${home}|ws-1|teal|${shell.pty}]`);
});

test("the end of the shell is a clean end of the stream, after all output", async () => {
  const { ssh } = await startDaemon();
  const shell = openShell(ssh, "ws-1");
  await shell.type("echo last words; exit 7\n");
  expect(await shell.rest()).toMatch(/last words\r\n/);
  expect(await failure(ssh.getCWD({ shellId: "ws-1" }))).toBe("NotFound");
});

test("a shell without a session id is refused", async () => {
  const { ssh } = await startDaemon();
  const call = async () => {
    for await (const _ of ssh.shell((async function* () {})())) break;
  };
  expect(await failure(call())).toBe("Unknown");
});

test("a stream that does not begin with the start request is refused", async () => {
  const { ssh } = await startDaemon();
  const requests = (async function* () {
    yield { request: { case: "data" as const, value: Buffer.from("ls\n") } };
  })();
  const call = async () => {
    for await (const _ of ssh.shell(requests, { metadata: { "session-id": "ws-1" } })) break;
  };
  expect(await failure(call())).toBe("InvalidArgument");
});

test("an id that is live is refused, and free again after its end", async () => {
  const { ssh } = await startDaemon();
  const first = openShell(ssh, "ws-1");
  await first.started();
  expect(await failure(openShell(ssh, "ws-1").rest())).toBe("AlreadyExists");
  await first.type("exit\n");
  await first.rest();
  const again = openShell(ssh, "ws-1");
  expect(await again.started()).toMatch(/^\/dev\/pts/);
});

test("another user is refused", async () => {
  const { ssh } = await startDaemon();
  expect(await failure(openShell(ssh, "ws-1", { asUser: "bob" }).rest())).toBe("PermissionDenied");
  expect(await openShell(ssh, "ws-2", { asUser: "alice" }).started()).toMatch(/pts/);
});

test("a shell that does not exist gives way to the fallback, then to /bin/sh", async () => {
  const { ssh } = await startDaemon({ shell: "/opt/none/zsh" });
  const first = openShell(ssh, "ws-1", { cmdShell: "bash" });
  await first.type("test -n \"$BASH_VERSION\" && echo v=ba''sh.\n");
  await first.until("v=bash.");
  const second = openShell(ssh, "ws-2", { cmdShell: "missing" });
  await second.type("echo $0 $SHELL\n");
  await second.until("/bin/sh /bin/sh");
});

test("the splash is the first data and comes again with the replay", async () => {
  const { ssh } = await startDaemon({ splash: "Welcome\nto dev" });
  const shell = openShell(ssh, "ws-1", { detachOnClose: true });
  await shell.started();
  await shell.step();
  expect(shell.text.startsWith("Welcome\r\nto dev\r\n")).toBe(true);
  shell.cancel();
});

test("the state of the init scripts is shown when asked for", async () => {
  const { ssh } = await startDaemon({
    initScripts: [
      { name: "good", script: "echo fine > made" },
      { name: "bad", script: "exit 3" },
    ],
  });
  await eventually(async () => {
    const shell = openShell(ssh, "ws-1", { showInitScriptStatus: true });
    await shell.started();
    await shell.step();
    const over = /good: done\r\ninit script bad: failed \(exit code 3\)/.test(shell.text);
    expect(shell.text).toContain("init script good: ");
    shell.halfClose();
    await shell.rest();
    return over;
  });
});

test("resizing reaches the terminal, is NotFound for an unknown shell, and is ignored for sizes of nothing", async () => {
  const { ssh } = await startDaemon();
  const shell = openShell(ssh, "ws-1", { width: 100, height: 30 });
  await shell.type("stty size\n");
  await shell.until("30 100");
  await ssh.resizeTerminal({ width: 132, height: 43 }, { metadata: { "session-id": "ws-1" } });
  await ssh.resizeTerminal({ width: 0, height: 0 }, { metadata: { "session-id": "ws-1" } });
  await shell.type("stty size\n");
  await shell.until("43 132");
  const unknown = ssh.resizeTerminal({ width: 1, height: 1 }, { metadata: { "session-id": "ws-2" } });
  expect(await failure(unknown)).toBe("NotFound");
});

test("the current directory of a shell can be asked for", async () => {
  const { ssh, home } = await startDaemon();
  const shell = openShell(ssh, "ws-1");
  await mkdir(join(home, "project"));
  await symlink("project", join(home, "link"));
  await shell.type("cd link && echo arri''ved\n");
  await shell.until("arrived");
  expect(await ssh.getCWD({ shellId: "ws-1" })).toMatchObject({
    path: await realpath(join(home, "project")),
  });
  expect(await failure(ssh.getCWD({ shellId: "" }))).toBe("InvalidArgument");
  expect(await failure(ssh.getCWD({ shellId: "ws-9" }))).toBe("NotFound");
});

test("half-close destroys the shell and what runs in it", async () => {
  const { ssh } = await startDaemon();
  const shell = openShell(ssh, "ws-1", { detachOnClose: true });
  await shell.type("sleep 1234 & echo child=$!.; echo shell=$$.\n");
  await shell.until(/shell=\d+\./);
  const [child, leader] = [/child=(\d+)\./, /shell=(\d+)\./].map((pattern) =>
    Number(pattern.exec(shell.text)?.[1]),
  );
  shell.halfClose();
  await shell.rest();
  await eventually(() => !isRunning(child ?? 0) && !isRunning(leader ?? 0));
  expect((await ssh.listSessions({})).sessions).toEqual([]);
});

test("a cancel behind a half-close keeps the shell though the daemon had no processor to read it in time", async () => {
  const { ssh } = await startDaemon();
  const shell = openShell(ssh, "ws-1", { detachOnClose: true });
  await shell.started();
  shell.halfClose();
  for (let turns = 0; turns < 10; turns += 1) await new Promise((turn) => setImmediate(turn));
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
  // Timers run first, as they do before what waits in a connection is read.
  await new Promise((turn) => setImmediate(turn));
  shell.cancel();
  await eventually(async () => (await ssh.listSessions({})).sessions.length === 1);
});

test("cancel without detach_on_close destroys the shell", async () => {
  const { ssh } = await startDaemon();
  const shell = openShell(ssh, "ws-1");
  await shell.type("echo shell=$$.\n");
  await shell.until(/shell=\d+\./);
  shell.cancel();
  await eventually(() => !isRunning(Number(/shell=(\d+)\./.exec(shell.text)?.[1])));
});

test("a program that ignores the hang-up is ended all the same", async () => {
  const { ssh } = await startDaemon();
  const shell = openShell(ssh, "ws-1");
  await shell.type("(trap '' HUP TERM; echo pid=$BASHPID.; while :; do sleep 1; done)\n");
  await shell.until(/pid=\d+\./);
  const pid = Number(/pid=(\d+)\./.exec(shell.text)?.[1]);
  shell.cancel();
  await eventually(() => !isRunning(pid));
});

test("processes that outlive their shell stay when orphans are ignored, until the daemon ends", async () => {
  const { ssh, close } = await startDaemon({ ignoreOrphans: true });
  const shell = openShell(ssh, "ws-1");
  await shell.type("nohup sleep 1234 >/dev/null 2>&1 & echo pid=$!.\n");
  await shell.until(/pid=\d+\./);
  await shell.type("exit\n");
  await shell.rest();
  const pid = Number(/pid=(\d+)\./.exec(shell.text)?.[1]);
  expect(isRunning(pid)).toBe(true);
  await close();
  expect(isRunning(pid)).toBe(false);
});

test("cancel with detach_on_close leaves the shell running, its output replayed to who attaches next", async () => {
  const { ssh } = await startDaemon();
  const first = openShell(ssh, "ws-1", { detachOnClose: true });
  await first.type("echo before; read line; echo got $line\n");
  await first.until("before\r\n");
  first.cancel();
  await eventually(async () => (await ssh.listSessions({})).sessions.length === 1);
  const [listed] = (await ssh.listSessions({})).sessions;
  expect(listed).toMatchObject({ sessionId: "ws-1", owner: "alice", cmdShell: "/bin/bash" });
  expect(listed?.created).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  expect(listed?.detachedAt).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);

  const { success, lockId } = await ssh.acquireSession({ sessionId: "ws-1" });
  expect(success).toBe(true);
  expect(lockId).toMatch(/^lk-[0-9a-f]{16}$/);
  expect((await ssh.listSessions({})).sessions).toEqual([]);
  expect(await ssh.acquireSession({ sessionId: "ws-1" })).toMatchObject({
    success: false,
    failureReason: AcquireSessionFailureReason.ALREADY_ACQUIRED,
  });

  const second = openShell(ssh, "ws-1", { lockId, detachOnClose: true });
  expect(await second.started()).toBe("");
  await second.until("before\r\n");
  await ssh.resizeTerminal({ width: 90, height: 20 }, { metadata: { "session-id": "ws-1" } });
  await second.type("hello\nstty size\n");
  await second.until("got hello");
  await second.until("20 90");
  expect(await failure(openShell(ssh, "ws-1", { lockId }).rest())).toBe("NotFound");
});

test("output written while nobody was attached is replayed exactly, the last 256 KiB of it", async () => {
  const { ssh } = await startDaemon();
  const first = openShell(ssh, "ws-1", { detachOnClose: true });
  await first.type(
    "stty -echo -opost; PS1=; echo go; sleep 0.3; seq 1000000 1099999; echo E''ND; sleep 1000\n",
  );
  await first.until(/[\r\n]go/);
  first.cancel();
  const attach = async () => {
    await eventually(async () => (await ssh.listSessions({})).sessions.length === 1);
    const { lockId } = await ssh.acquireSession({ sessionId: "ws-1" });
    return openShell(ssh, "ws-1", { lockId, detachOnClose: true });
  };
  const second = await attach();
  await second.until("END\n");
  second.cancel();
  const third = await attach();
  await third.until("END\n");
  let expected = "";
  for (let line = 1000000; line <= 1099999; line += 1) expected += `${line}\n`;
  expect(third.text === `${expected}END\n`.slice(-256 * 1024)).toBe(true);
});

test("Ctrl+A d detaches in order, and Ctrl+A before another key reaches the shell", async () => {
  const { ssh } = await startDaemon();
  const shell = openShell(ssh, "ws-1");
  await shell.type("stty raw -echo; echo rea''dy; head -c 2 | od -An -tx1; stty sane\n");
  await shell.until("ready");
  await shell.type("\x01");
  await shell.type("x");
  await shell.until("01 78");
  await shell.type("\x01");
  await shell.type("Dls\n");
  await shell.rest();
  const { sessions } = await ssh.listSessions({});
  expect(sessions.map(({ sessionId }) => sessionId)).toEqual(["ws-1"]);
});

test("where detaching is not allowed, every way to it is refused", async () => {
  const { ssh } = await startDaemon({ shells: { allowSessionDetach: false, detachTimeoutSeconds: 60 } });
  expect(await failure(openShell(ssh, "ws-1", { detachOnClose: true }).rest())).toBe("PermissionDenied");
  expect(await failure(openShell(ssh, "ws-1", { lockId: "lk-1" }).rest())).toBe("PermissionDenied");
  expect(await failure(ssh.acquireSession({ sessionId: "ws-1" }))).toBe("PermissionDenied");
  expect(await failure(ssh.listSessions({}))).toBe("PermissionDenied");
  const shell = openShell(ssh, "ws-1");
  await shell.type("stty raw -echo; echo rea''dy; head -c 2 | od -An -tx1; stty sane\n");
  await shell.until("ready");
  await shell.type("\x01d");
  await shell.until("01 64");
});

test("locks: unknown is NotFound, without a terminal is InvalidArgument", async () => {
  const { ssh } = await startDaemon();
  expect(await failure(openShell(ssh, "ws-1", { lockId: "lk-0000" }).rest())).toBe("NotFound");
  expect(await failure(openShell(ssh, "ws-1", { lockId: "lk-0000", usePty: false }).rest())).toBe(
    "InvalidArgument",
  );
  expect(await ssh.acquireSession({ sessionId: "ws-1" })).toMatchObject({
    success: false,
    failureReason: AcquireSessionFailureReason.NOT_FOUND,
  });
});

test("a detached shell ends when its lifetime is over, and its processes with it", async () => {
  const { ssh } = await startDaemon(
    { shells: { allowSessionDetach: true, detachTimeoutSeconds: 0.2 } },
    { sweepIntervalMs: 50 },
  );
  const shell = openShell(ssh, "ws-1", { detachOnClose: true });
  await shell.type("echo shell=$$.\n");
  await shell.until(/shell=\d+\./);
  shell.cancel();
  await eventually(() => !isRunning(Number(/shell=(\d+)\./.exec(shell.text)?.[1])));
});

test("a shell without a terminal runs a script from its input, standard error merged in order", async () => {
  const { ssh } = await startDaemon({ splash: "not for scripts" });
  const shell = openShell(ssh, "sh-1", { usePty: false });
  await shell.type("echo one; echo two >&2; echo three; tty; cat\n");
  await shell.type("for cat\n");
  shell.halfClose();
  expect(await shell.rest()).toBe("one\ntwo\nthree\nnot a tty\nfor cat\n");
  expect(shell.pty).toBe("");
});

test("a shell without a terminal ends when its client goes", async () => {
  const { ssh } = await startDaemon();
  const shell = openShell(ssh, "sh-1", { usePty: false, detachOnClose: true });
  await shell.type("echo shell=$$.; exec sleep 1000\n");
  await shell.until(/shell=\d+\./);
  expect(await ssh.acquireSession({ sessionId: "sh-1" })).toMatchObject({
    success: false,
    failureReason: AcquireSessionFailureReason.UNSPECIFIED,
  });
  shell.cancel();
  await eventually(() => !isRunning(Number(/shell=(\d+)\./.exec(shell.text)?.[1])));
});

test("a megabyte pasted at once arrives whole", async () => {
  const { ssh } = await startDaemon();
  const shell = openShell(ssh, "ws-1");
  await shell.type("stty raw -echo; echo rea''dy; head -c 1048576 | sha256sum; stty sane\n");
  await shell.until("ready");
  const paste = Buffer.alloc(1 << 20);
  for (let at = 0; at < paste.length; at += 1) paste[at] = 0x20 + ((at * 31) % 90);
  const { createHash } = await import("node:crypto");
  for (let at = 0; at < paste.length; at += 32768) await shell.type(paste.subarray(at, at + 32768));
  await shell.until(createHash("sha256").update(paste).digest("hex"));
});

test("a client that reads late still gets all a shell wrote before it ended", async () => {
  const { ssh } = await startDaemon();
  const shell = openShell(ssh, "ws-1");
  await shell.type("stty -opost; seq 1 200000; echo E''ND; exec true\n");
  await shell.until("\n1000\n");
  await new Promise((resolve) => setTimeout(resolve, 1000));
  await shell.rest();
  expect(shell.text).toContain("199999\n200000\nEND\n");
});

test("a shell held back by a slow client goes on when that client has gone", async () => {
  const { ssh, home } = await startDaemon();
  const shell = openShell(ssh, "ws-1", { detachOnClose: true });
  await shell.type("head -c 50000000 /dev/zero; touch finished\n");
  await shell.until("\0\0\0");
  expect(existsSync(join(home, "finished"))).toBe(false);
  shell.cancel();
  await eventually(() => existsSync(join(home, "finished")));
});

test("a shell with an id in use by a starting one is refused, and only one of them starts", async () => {
  const { ssh } = await startDaemon();
  const outcomes = await Promise.all(
    [1, 2, 3].map(async () => {
      const shell = openShell(ssh, "sh-1", { usePty: false });
      return failure(shell.started());
    }),
  );
  expect(outcomes.sort()).toEqual(["AlreadyExists", "AlreadyExists", "Ok"]);
});
