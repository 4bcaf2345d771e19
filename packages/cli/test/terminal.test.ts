import { afterAll, beforeAll, expect, it } from "vitest";
import { startCuttableProxy } from "../../../test/e2e/cuttable-proxy.ts";
import { discard, type RunningServer } from "../../../test/e2e/harness.ts";
import { startCli } from "./pty.ts";
import { runCli, startCliPlatform } from "./run-cli.ts";

let server: RunningServer;
let home: string;
let name: string;
let token: string;

const run = (...args: string[]) => runCli(home, args);

beforeAll(async () => {
  ({ server, home, name, token } = await startCliPlatform());
});
afterAll(() => discard(server));

/** Waits for the prompt of a fresh shell. */
const openShell = async (...args: Parameters<typeof startCli>) => {
  const shell = startCli(...args);
  await shell.shows(/\$ $|\$$/m);
  return shell;
};

/**
 * A program like vim: it has the screen for itself, and draws it again when its size changes. No script of bash, which
 * loses a signal that comes while it handles one.
 */
const fullScreen = `node -e '${[
  'const write = (text) => process.stdout.write(text); write("\\x1b[?1049h")',
  'const draw = () => write("\\x1b[H\\x1b[2Jsize " + process.stdout.getWindowSize().reverse().join(" "))',
  'process.on("SIGWINCH", draw); draw(); process.stdin.setRawMode(true)',
  'process.stdin.on("data", () => { write("\\x1b[?1049l"); process.exit() })',
].join("; ")}'`;
const leaveFullScreen = async (shell: ReturnType<typeof startCli>): Promise<void> => {
  shell.type("q");
  await expect.poll(() => shell.screen()).not.toMatch(/^size \d+ \d+/);
};

it("a shell runs in the terminal and its exit code is passed on", async () => {
  const shell = await openShell(home, ["workspace", "shell", "dev"]);
  shell.type("echo answer $((6 * 7)); tty\r");
  await shell.shows(/answer 42\n\/dev\/pts\//);
  shell.type("exit 3\r");
  expect(await shell.exit).toBe(3);
});

it("a program that fills the screen follows the size of the terminal, and leaves the screen as it was", async () => {
  const shell = await openShell(home, ["workspace", "shell", "dev"], { cols: 90, rows: 20 });
  shell.type("echo before\r");
  await shell.shows(/^before$/m);
  shell.type(`${fullScreen}\r`);
  await shell.shows(/^size 20 90$/);
  shell.resize(60, 15);
  await shell.shows(/^size 15 60$/);
  await leaveFullScreen(shell);
  await shell.shows(/^before$/m);
  shell.type("exit\r");
  expect(await shell.exit).toBe(0);
});

it("Ctrl-C reaches the program, not the command", async () => {
  const shell = await openShell(home, ["workspace", "shell", "dev"]);
  // Not `sh -c "echo ready; sleep 1000"`: a signal in the moment between the two is lost now and then.
  shell.type(`node -e 'console.log("rea" + "dy"); setTimeout(() => {}, 1e6)'\r`);
  await shell.shows(/^ready$/m);
  shell.type("\u0003");
  await shell.shows(/\^C\s+.*\$$/);
  shell.type("echo status $?\r");
  // Ctrl-D before the next prompt would be swallowed: the terminal turns it into a NUL when the shell takes its mode over.
  await shell.shows(/^status 130\n.*\$$/m);
  shell.type("\u0004");
  expect(await shell.exit).toBe(0);
});

it("a shell can be left with Ctrl-A d, is listed, and is found again", async () => {
  const first = await openShell(home, ["workspace", "shell", "dev"]);
  first.type("mark=kept; echo set\r");
  await first.shows(/^set$/m);
  first.type("\u0001d");
  expect(await first.exit).toBe(0);
  const id = /--attach (\S+)/.exec(first.output())?.[1] ?? "";
  expect((await run("ws", "shell", "dev", "--list")).stdout).toMatch(
    new RegExp(`^${id} +admin +detached`, "m"),
  );
  const second = startCli(home, ["ws", "shell", "dev", "--attach", id]);
  await second.shows(/^set$/m);
  second.type("echo mark is $mark\r");
  await second.shows("mark is kept");
  second.type("exit\r");
  expect(await second.exit).toBe(0);
  const third = startCli(home, ["ws", "shell", "dev", "--attach", id]);
  expect(await third.exit).toBe(5);
  expect(third.screen()).toContain("--list");
});

it("other keys can be chosen to leave", async () => {
  const shell = await openShell(home, ["ws", "shell", "dev", "--detach-key", "ctrl-]"]);
  shell.type("\u001d");
  expect(await shell.exit).toBe(0);
  expect(shell.output()).toContain("Detached");
  expect(await startCli(home, ["ws", "shell", "dev", "--detach-key", "enter"]).exit).toBe(2);
});

it("a lost connection is shown, and everything is as it was when it is back", async () => {
  const proxy = await startCuttableProxy(server.url);
  const env = { K8SHELL_SERVER: proxy.url, K8SHELL_TOKEN: token };
  const shell = await openShell(home, ["ws", "shell", name], { env });
  shell.type("echo first\r");
  await shell.shows(/^first$/m);
  const before = shell.screen();
  proxy.cut({ stay: true });
  await shell.shows("The connection is lost");
  shell.type("echo typed meanwhile\r");
  proxy.mend();
  await shell.shows(/^typed meanwhile$/m);
  expect(shell.screen().startsWith(before)).toBe(true);
  expect(shell.screen()).not.toContain("The connection is lost");

  // In a program that fills the screen, it is a line of it.
  shell.type(`clear; ${fullScreen}\r`);
  await shell.shows(/^size 24 80$/);
  proxy.cut({ stay: true });
  await shell.shows(/^size 24 80[\s\S]*The connection is lost/);
  proxy.mend();
  await shell.shows(/^size 24 80$/);
  await leaveFullScreen(shell);
  shell.type("exit 4\r");
  expect(await shell.exit).toBe(4);

  const stuck = await openShell(home, ["ws", "shell", name], { env });
  proxy.cut({ stay: true });
  await stuck.shows("The connection is lost");
  stuck.type("\u0001d");
  expect(await stuck.exit).toBe(0);
  await proxy.close();
});

it("without a terminal a shell is refused, with what to do instead", async () => {
  const { stderr, code } = await run("workspace", "shell", "dev");
  expect(stderr).toContain(`k8shell workspace exec ${name} -- COMMAND`);
  expect(code).toBe(2);
});

it("a wrong token, a wrong server and a workspace that is not there are told apart", async () => {
  const wrong = startCli(home, ["ws", "shell", name], {
    env: { K8SHELL_SERVER: server.url, K8SHELL_TOKEN: "k8sh_wrong" },
  });
  expect(await wrong.exit).toBe(3);
  expect(wrong.screen()).toContain("k8shell login");
  const nobody = startCli(home, ["ws", "shell", name], {
    env: { K8SHELL_SERVER: "http://127.0.0.1:1", K8SHELL_TOKEN: token },
  });
  expect(await nobody.exit).toBe(7);
  const none = startCli(home, ["ws", "shell", "admin-0000000"]);
  expect(await none.exit).toBe(5);
});

it("a token that is revoked ends the shell, which says why", async () => {
  const made = (await run("token", "create", "short", "--scope", "*")).stdout.trim();
  const shell = await openShell(home, ["ws", "shell", name], {
    env: { K8SHELL_SERVER: server.url, K8SHELL_TOKEN: made },
  });
  await run("token", "revoke", "short", "--yes");
  expect(await shell.exit).toBe(4);
  expect(shell.output()).toContain("the access token was revoked");
});

it("exec passes on arguments, output, errors and the exit code", async () => {
  const plain = await run("ws", "exec", "dev", "--", "printf", "%s|", "a b", "$HOME", "-x");
  expect(plain).toEqual({ stdout: "a b|$HOME|-x|", stderr: "", code: 0 });
  const failing = await run("ws", "exec", "dev", "-s", "--", "echo out; echo err >&2; exit 7");
  expect(failing).toEqual({ stdout: "out\n", stderr: "err\n", code: 7 });
  expect((await run("ws", "exec", "dev", "--", "no-such-program")).code).toBe(127);
  const there = await run(
    "ws",
    "exec",
    "--cwd",
    "/tmp",
    "-e",
    "A=1",
    "-e",
    "B=2",
    "dev",
    "-s",
    "--",
    "pwd; echo $A$B",
  );
  expect(there.stdout).toBe("/tmp\n12\n");
  expect((await run("ws", "exec", "-e", "novalue", "dev", "--", "true")).code).toBe(2);
});

it("exec reads standard input to its end, byte for byte", async () => {
  const bytes = Buffer.from(Uint8Array.from({ length: 300_000 }, (_, i) => (i * 31) % 256));
  const { stdout } = await runCli(home, ["ws", "exec", "dev", "--", "sha256sum"], { stdin: bytes });
  const { createHash } = await import("node:crypto");
  expect(stdout).toContain(createHash("sha256").update(bytes).digest("hex"));
  const without = await runCli(home, ["ws", "exec", "-n", "dev", "--", "cat"], { stdin: "unread" });
  expect(without).toEqual({ stdout: "", stderr: "", code: 0 });
});

it("Ctrl-C is a signal of the command that exec runs", async () => {
  const line = 'trap "echo caught; exit 9" INT; echo ready; sleep 1000 & wait';
  const command = startCli(home, ["ws", "exec", "dev", "-s", "--", line]);
  await command.shows("ready");
  command.type("\u0003");
  expect(await command.exit).toBe(9);
  expect(command.screen()).toContain("caught");
});

it("Ctrl-C ends a command that exec gives no input", async () => {
  const command = startCli(home, ["ws", "exec", "-n", "dev", "-s", "--", "echo ready; sleep 1000"]);
  await command.shows("ready");
  command.type("\u0003");
  expect(await command.exit).toBe(130);
});

it("Ctrl-C ends what follows, with 130", async () => {
  await server.api("POST", `/workspaces/${name}/exec`, { body: { command: "true" } });
  const logs = startCli(home, ["ws", "logs", "dev", "-f"]);
  await logs.shows(/\d\d:\d\d {2}/);
  logs.type("\u0003");
  expect(await logs.exit).toBe(130);
});

it("on a narrow terminal tables are cut, not wrapped", async () => {
  const list = startCli(home, ["workspace", "list"], { cols: 30, rows: 10 });
  expect(await list.exit).toBe(0);
  const lines = list.screen().split("\n");
  expect(lines).toHaveLength(2);
  expect(lines.every((line) => line.length <= 30 && line.endsWith("…"))).toBe(true);
});

it("a question is asked on a terminal, and anything but yes does nothing", async () => {
  const asked = startCli(home, ["workspace", "delete", "dev"]);
  await asked.shows("[y/N]");
  asked.type("n\r");
  expect(await asked.exit).toBe(0);
  expect(asked.screen()).toContain("Nothing was done.");
  const broken = startCli(home, ["workspace", "delete", "dev"]);
  await broken.shows("[y/N]");
  broken.type("\u0003");
  expect(await broken.exit).toBe(130);
  const bar = startCli(home, ["workspace", "shutdown", "dev"]);
  expect(await bar.exit).toBe(0);
  const start = startCli(home, ["workspace", "start", "dev"]);
  expect(await start.exit).toBe(0);
  expect(start.output()).toMatch(/\[#+-*\] +\d+%/);
});
