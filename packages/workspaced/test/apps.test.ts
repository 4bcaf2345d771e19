import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { WorkspacedApp } from "@k8shell/contract";
import { type AppStatus, LogType } from "@k8shell/contract/gen/k8shelld/v1/k8shelld_pb.js";
import { expect, test } from "vitest";
import { freePort } from "../../../test/e2e/free-port.ts";
import { isRunning } from "../src/process/proc.ts";
import { eventually, failure, startDaemon } from "./fixture.ts";

const app = (changes: Partial<WorkspacedApp>): WorkspacedApp => ({
  name: "web",
  enabled: true,
  binary: "",
  start: ["/bin/sh", "-c", "echo started; exec sleep 1000"],
  listen: 0,
  restartPolicy: "never",
  autoStart: false,
  protocol: "http",
  ...changes,
});

const start = async (...apps: WorkspacedApp[]) => {
  const daemon = await startDaemon({ apps });
  const status = async (name = "web"): Promise<AppStatus> => {
    const found = (await daemon.apps.listApps({})).apps.find((item) => item.name === name);
    if (found === undefined) throw new Error(`no app ${name}`);
    return found;
  };
  const until = (wanted: string, name = "web") =>
    eventually(async () => (await status(name)).status === wanted);
  return { ...daemon, status, until };
};

const collect = async (lines: AsyncIterable<{ line: string }>) => {
  const collected: string[] = [];
  for await (const { line } of lines) collected.push(line);
  return collected;
};

test("an app goes from PENDING to RUNNING when it listens, and stops with everything it started", async () => {
  const port = await freePort();
  const server = `require("http").createServer((q,r)=>r.end("hi")).listen(${port},"127.0.0.1")`;
  const { apps, status, until } = await start(
    app({
      listen: port,
      start: ["/bin/sh", "-c", `sleep 1000 & sleep 0.4; exec "${process.execPath}" -e '${server}'`],
    }),
  );
  expect(await status()).toMatchObject({ status: "STOPPED", pid: 0, age: "", port, protocol: "http" });
  await apps.startApp({ name: "web" });
  expect(await status()).toMatchObject({ status: "PENDING" });
  expect(await failure(apps.startApp({ name: "web" }))).toBe("FailedPrecondition");
  await until("RUNNING");
  expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe("hi");
  const { pid, age } = await status();
  expect(isRunning(pid)).toBe(true);
  expect(age).toMatch(/^\d+s$/);
  await apps.stopApp({ name: "web" });
  expect(await status()).toMatchObject({ status: "STOPPED", pid: 0 });
  expect(isRunning(pid)).toBe(false);
  await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
  expect(await failure(apps.stopApp({ name: "web" }))).toBe("FailedPrecondition");
});

test("an app that ignores SIGTERM is killed", async () => {
  const { apps, until, status } = await start(
    app({ start: ["/bin/sh", "-c", "trap '' TERM; echo deaf; while :; do sleep 0.1; done"] }),
  );
  await apps.startApp({ name: "web" });
  await until("RUNNING");
  await eventually(async () => (await apps.getLogs({ name: "web" })).log.includes("deaf"));
  const { pid } = await status();
  await apps.stopApp({ name: "web" });
  expect(isRunning(pid)).toBe(false);
});

test("a crashing app is started again, waits longer each time, and can be stopped while it waits", async () => {
  const { apps, status, until } = await start(
    app({
      start: ["/bin/sh", "-c", "echo boom; exit 3"],
      restartPolicy: "on-failure",
      maxRestartBackoff: 1.5,
    }),
  );
  await apps.startApp({ name: "web" });
  await eventually(async () => (await status()).restarts === 2);
  const { log } = await apps.getLogs({ name: "web" });
  expect(log.match(/boom/g)?.length).toBeGreaterThanOrEqual(2);
  expect(log).toContain("[k8shell] exited with code 3; starting again in 1 s");
  expect(log).toContain("[k8shell] exited with code 3; starting again in 1.5 s");
  await until("PENDING");
  await apps.stopApp({ name: "web" });
  expect(await status()).toMatchObject({ status: "STOPPED", pid: 0 });
});

test("the restart policy decides: on-failure leaves a clean exit alone, always does not, never leaves a crash", async () => {
  const { apps, status } = await start(
    app({ name: "clean", start: ["/bin/true"], restartPolicy: "on-failure" }),
    app({ name: "again", start: ["/bin/true"], restartPolicy: "always" }),
    app({ name: "crash", start: ["/bin/false"], restartPolicy: "never" }),
  );
  for (const name of ["clean", "again", "crash"]) await apps.startApp({ name });
  await eventually(async () => (await status("again")).restarts >= 1);
  expect(await status("clean")).toMatchObject({ status: "STOPPED", restarts: 0 });
  expect(await status("crash")).toMatchObject({ status: "STOPPED", restarts: 0 });
});

test("an app that starts by itself runs when the daemon does, and ends with it", async () => {
  const { until, status, close } = await start(app({ autoStart: true }));
  await until("RUNNING");
  const { pid } = await status();
  await close();
  expect(isRunning(pid)).toBe(false);
});

test("installing is asynchronous, logged, and makes the app startable; its version is asked for", async () => {
  const { apps, status, until, home } = await start(
    app({
      binary: "~/.local/bin/tool",
      install: [
        "echo fetching; echo warning >&2; sleep 0.2; mkdir -p ~/.local/bin",
        `printf '#!/bin/sh\\necho "tool version 4.5.6 (x)"\\n' > ~/.local/bin/tool`,
        "chmod +x ~/.local/bin/tool",
      ].join("\n"),
      versionCmd: "tool --version",
      versionRegex: "version ([0-9.]+)",
    }),
  );
  expect(await status()).toMatchObject({ status: "NOT-INSTALLED", version: "N/A" });
  expect(await failure(apps.startApp({ name: "web" }))).toBe("FailedPrecondition");
  expect(await failure(collect(apps.getLogsStream({ name: "web", type: LogType.INSTALL })))).toBe("NotFound");
  await apps.installApp({ name: "web" });
  expect(await status()).toMatchObject({ status: "INSTALLING" });
  expect(await failure(apps.installApp({ name: "web" }))).toBe("FailedPrecondition");
  const lines = await collect(apps.getLogsStream({ name: "web", type: LogType.INSTALL }));
  expect(lines).toEqual(["fetching", "warning", "[k8shell] exited with code 0"]);
  await until("STOPPED");
  await eventually(async () => (await status()).version === "4.5.6");
  expect(await failure(apps.installApp({ name: "web" }))).toBe("FailedPrecondition");
  await apps.installApp({ name: "web", force: true });
  await until("STOPPED");
  expect((await apps.getLogs({ name: "web", type: LogType.INSTALL })).log).toContain("fetching\n");
  expect(home).toBeTruthy();
});

test("a failed installation is NOT-INSTALLED again, with the reason in the log", async () => {
  const { apps, status, until } = await start(
    app({ name: "fails", binary: "no-such-tool", install: "echo trying; exit 9" }),
    app({ name: "empty", binary: "no-such-tool", install: "true" }),
    app({ name: "none", binary: "no-such-tool" }),
  );
  await apps.installApp({ name: "fails" });
  await until("NOT-INSTALLED", "fails");
  expect((await apps.getLogs({ name: "fails", type: LogType.INSTALL })).log).toBe(
    "trying\n[k8shell] exited with code 9\n",
  );
  await apps.installApp({ name: "empty" });
  await until("NOT-INSTALLED", "empty");
  expect((await apps.getLogs({ name: "empty", type: LogType.INSTALL })).log).toContain(
    "no-such-tool is not there",
  );
  expect(await failure(apps.installApp({ name: "none" }))).toBe("FailedPrecondition");
  expect(await status("none")).toMatchObject({ status: "NOT-INSTALLED" });
});

test("names: empty is InvalidArgument, unknown and disabled are NotFound", async () => {
  const { apps } = await start(app({}), app({ name: "off", enabled: false }));
  expect((await apps.listApps({})).apps.map(({ name }) => name)).toEqual(["web"]);
  expect(await failure(apps.startApp({ name: "" }))).toBe("InvalidArgument");
  expect(await failure(apps.startApp({ name: "off" }))).toBe("NotFound");
  expect(await failure(apps.getLogs({ name: "nope" }))).toBe("NotFound");
});

test("where apps are not enabled, everything is NotFound", async () => {
  const { apps } = await startDaemon({ enableApps: false, apps: [app({})] });
  expect(await failure(apps.listApps({}))).toBe("NotFound");
  expect(await failure(apps.startApp({ name: "web" }))).toBe("NotFound");
  expect(await failure(apps.stopApp({ name: "" }))).toBe("NotFound");
});

test("an app without a command is INVALID; one whose command is missing says so in its log", async () => {
  const { apps, status } = await start(
    app({ name: "blank", start: [] }),
    app({ name: "lost", start: ["/opt/none/server"] }),
  );
  expect(await status("blank")).toMatchObject({ status: "INVALID" });
  expect(await failure(apps.startApp({ name: "blank" }))).toBe("FailedPrecondition");
  await apps.startApp({ name: "lost" });
  await eventually(async () => (await apps.getLogs({ name: "lost" })).log.includes("could not be started"));
  await eventually(async () => (await status("lost")).status === "STOPPED");
});

test("a followed log gives old lines and new ones without newlines, and ends with the app", async () => {
  const waitForGo = "while [ ! -e go ]; do sleep 0.05; done";
  const { apps, until, home } = await start(
    app({
      start: ["/bin/sh", "-c", `echo one; echo two > /dev/stderr; ${waitForGo}; printf 'three\\r\\nlast'`],
    }),
  );
  expect((await apps.getLogs({ name: "web" })).log).toBe("");
  await apps.startApp({ name: "web" });
  await until("RUNNING");
  await eventually(async () => (await apps.getLogs({ name: "web" })).log.includes("two"));
  const lines: string[] = [];
  const following = (async () => {
    for await (const { line } of apps.getLogsStream({ name: "web" })) lines.push(line);
  })();
  await eventually(() => lines.length === 2);
  await writeFile(join(home, "go"), "");
  await following;
  expect(lines).toEqual(["one", "two", "three", "last", "[k8shell] exited with code 0"]);
});

test("logs keep a bounded amount: the newest", async () => {
  const { apps, until } = await start(app({ start: ["/bin/sh", "-c", "seq 1 1000000"] }));
  await apps.startApp({ name: "web" });
  await until("STOPPED");
  const { log } = await apps.getLogs({ name: "web" });
  expect(log.length).toBeLessThanOrEqual(2 * 1024 * 1024);
  expect(log).toMatch(/999999\n1000000\n\[k8shell\] exited with code 0\n$/);
});

test("a program that is not executable does not count as installed", async () => {
  const { until, home, status } = await start(app({ binary: "~/bin/tool" }));
  await mkdir(join(home, "bin"));
  await writeFile(join(home, "bin/tool"), "#!/bin/sh\n", { mode: 0o644 });
  expect(await status()).toMatchObject({ status: "NOT-INSTALLED" });
  await chmod(join(home, "bin/tool"), 0o755);
  await until("STOPPED");
});
