import headless from "@xterm/headless";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import {
  createClient,
  createXtermAddon,
  type Terminal,
  type TerminalOptions,
  type WebSocketLike,
} from "../src/index.ts";
import { standardWebSocket as browserWebSocket } from "../src/socket/factory-browser.ts";
import { type Platform, startPlatform } from "./platform.ts";
import { createRecordingScreen } from "./recording-screen.ts";

let platform: Platform;
let server: Platform["server"];
let proxy: Platform["proxy"];
let client: Platform["client"];
let workspace: string;

beforeAll(async () => {
  platform = await startPlatform();
  ({ server, proxy, client, workspace } = platform);
});
afterAll(() => platform.close());

/** A terminal without a prompt or echo, so that its output is only what commands print. */
const open = async (options: TerminalOptions & { renders?: boolean; plain?: boolean } = {}) => {
  const { renders, plain = true, ...rest } = options;
  const shown = createRecordingScreen({ renders });
  const terminal = client.terminal(workspace, { screen: shown.screen, ...rest });
  onTestFinished(() => terminal.close());
  await terminal.opened();
  if (plain) {
    terminal.write("stty -echo; PS1=; echo ready-$((0 + 1))\n");
    await shown.shows("ready-1\r\n");
  }
  return { terminal, shown };
};
const stateOf = (terminal: Terminal, name: Terminal["state"]["name"]) =>
  new Promise<void>((resolve) => {
    const off = terminal.on("state", (state) => {
      if (state.name !== name) return;
      off();
      resolve();
    });
  });

test("a terminal shows output, has its size and tells the exit status", async () => {
  const { terminal, shown } = await open({ cols: 90, rows: 20 });
  expect(terminal.state).toMatchObject({
    name: "open",
    info: { role: "owner", cols: 90, rows: 20, protocol: "cloudshell-v2", reattached: false },
  });
  terminal.resize(100, 30);
  // The size takes another way than what is typed.
  terminal.write("until stty size | grep -x '30 100'; do :; done; exit 3\n");
  expect(await terminal.closed()).toEqual({
    name: "closed",
    reason: "ended",
    message: "The shell has ended.",
    exitCode: 3,
  });
  expect(shown.text()).toContain("30 100\r\n");
  expect(terminal.write("x")).toBe(false);
});

test("a lost connection is made again without a missing or repeated byte, and what was typed meanwhile arrives", async () => {
  const { terminal, shown } = await open();
  terminal.write(
    "for i in $(seq 1 300); do echo line-$i; sleep 0.005; done; read answer; echo got-$answer\n",
  );
  for (const wanted of [20, 90, 160]) {
    await shown.shows(`line-${wanted}\r\n`);
    const lost = stateOf(terminal, "reconnecting");
    proxy.cut({ stay: true });
    await lost;
    if (wanted === 160) expect(terminal.write("typed-blind\n")).toBe(true);
    proxy.mend();
    terminal.retry();
    await stateOf(terminal, "open");
  }
  await shown.shows("got-typed-blind\r\n");
  const lines = [...shown.text().matchAll(/^line-(\d+)\r$/gm)].map(([, number]) => Number(number));
  expect(lines).toEqual(Array.from({ length: 300 }, (_, index) => index + 1));
  expect(shown.resets).toBe(0);
});

test("output that is not rendered waits in the workspace", async () => {
  const { terminal, shown } = await open({ renders: false, plain: false });
  shown.render();
  terminal.write("stty -echo -opost; head -c 3000000 /dev/zero | tr '\\\\0' x; echo over-$((0 + 1))\n");
  while (!shown.text().includes("over-1")) {
    const before = shown.bytes().length;
    await shown.until(() => shown.bytes().length > before);
    // An answer proves that the server had its turn: what it may send has been sent.
    await terminal.list();
    expect(shown.bytes().length - before).toBeLessThanOrEqual(192 * 1024);
    shown.render();
  }
  expect(shown.bytes().length).toBeGreaterThan(3_000_000);
});

const screenLines = (xterm: InstanceType<typeof headless.Terminal>) => {
  const { active } = xterm.buffer;
  return Array.from({ length: xterm.rows }, (_, row) =>
    active.getLine(active.viewportY + row)?.translateToString(true),
  );
};
/** Resolves when xterm.js has worked off what it was given. */
const settled = (xterm: InstanceType<typeof headless.Terminal>) =>
  new Promise<void>((resolve) => xterm.write("", resolve));

test("xterm.js shows a full-screen program as if the connection had never been lost", async () => {
  const xterm = new headless.Terminal({ cols: 80, rows: 24, allowProposedApi: true });
  const terminal = client.terminal(workspace);
  onTestFinished(() => terminal.close());
  xterm.loadAddon(createXtermAddon(terminal));
  await terminal.opened();
  xterm.input("stty -echo; PS1=; printf '\\033[?1049h\\033[2J\\033[H'; echo begun-$((1 + 1))\n");
  const shows = async (wanted: string) => {
    for (;;) {
      await settled(xterm);
      if (screenLines(xterm).some((line) => line?.includes(wanted))) return;
      await new Promise((next) => setTimeout(next, 10));
    }
  };
  await shows("begun-2");
  proxy.cut({ stay: true });
  // Somebody else looks on through another way, and gives the shell another size.
  const direct = createClient({ server: server.url, token: await server.adminToken() });
  const beside = createRecordingScreen();
  const other = direct.terminal(workspace, { screen: beside.screen, tab: terminal.tab, cols: 70, rows: 20 });
  onTestFinished(() => other.close());
  await other.opened();
  other.write(
    "for i in $(seq 1 9000); do printf '\\033[5;10Hrow %06d of a flood of output' $i; done; printf '\\033[2J\\033[Htop\\033[18;3Hdone-%d' 9\n",
  );
  await beside.shows("done-9");
  proxy.mend();
  terminal.retry();
  await shows("done-9");
  const watched = new headless.Terminal({ cols: 70, rows: 20, allowProposedApi: true });
  watched.write(beside.bytes());
  await settled(watched);
  const lines = (shown: typeof xterm) => screenLines(shown).filter((line) => line !== "");
  expect(lines(watched)).toEqual(["top", "  done-9"]);
  expect(lines(xterm)).toEqual(lines(watched));
  expect(xterm.buffer.active.type).toBe("alternate");
  // The tab is this terminal's again.
  expect((await other.closed()).reason).toBe("taken_over");
  xterm.input("printf '\\033[?1049l'; stty size; exit\n");
  await terminal.closed();
  await settled(xterm);
  expect(screenLines(xterm).join("\n")).toContain(`${xterm.rows} ${xterm.cols}`);
});

test("a page that is opened again does not answer what a program asked before", async () => {
  const { terminal, shown } = await open();
  // A program asks what terminal it has.
  terminal.write("printf '\\033[c'; echo asked-$((0 + 1))\n");
  await shown.shows("asked-1\r\n");
  terminal.close();
  const xterm = new headless.Terminal({ cols: 80, rows: 24, allowProposedApi: true });
  const again = client.terminal(workspace, { tab: terminal.tab });
  onTestFinished(() => again.close());
  xterm.loadAddon(createXtermAddon(again));
  await again.opened();
  const shows = async (wanted: string) => {
    for (;;) {
      await settled(xterm);
      if (screenLines(xterm).includes(wanted)) return;
      await new Promise((next) => setTimeout(next, 10));
    }
  };
  await shows("asked-1");
  // An answer now would be typed in front of this.
  xterm.input("echo live-$((0 + 1))\n");
  await shows("live-1");
  // A question of now is answered.
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's
  xterm.input("read -rsd c -p $'\\e[c' answer; echo heard-${#answer}\n");
  await shows("heard-6");
});

test("opening the tab elsewhere closes a terminal, and it can be had back", async () => {
  const { terminal, shown } = await open();
  terminal.write("mark=kept; echo set-$mark\n");
  // What is under way while another connection takes over may be lost.
  await shown.shows("set-kept\r\n");
  const second = await open({ tab: terminal.tab, plain: false });
  expect(await terminal.closed()).toMatchObject({ reason: "taken_over" });
  terminal.reopen();
  await terminal.opened();
  expect(await second.terminal.closed()).toMatchObject({ reason: "taken_over" });
  const again = createRecordingScreen();
  terminal.attach(again.screen);
  terminal.write("echo mark-$mark\n");
  await again.shows("mark-kept\r\n");
});

test("an observer sees the same, follows the size, and cannot type", async () => {
  const { terminal } = await open({ cols: 80, rows: 24 });
  if (terminal.state.name !== "open") throw new Error("not open");
  const { id } = terminal.state.info;
  const { terminal: observer, shown } = await open({
    join: id,
    role: "observer",
    plain: false,
    cols: 10,
    rows: 5,
  });
  expect(observer.size).toEqual({ cols: 80, rows: 24 });
  expect(observer.write("intruder\n")).toBe(false);
  observer.resize(20, 20);
  const resized = new Promise((resolve) => observer.on("resized", resolve));
  terminal.resize(66, 22);
  expect(await resized).toEqual({ cols: 66, rows: 22 });
  expect(shown.sizes.at(-1)).toEqual({ cols: 66, rows: 22 });
  const [listed] = (await terminal.list()).filter((line) => line.id === id);
  expect(listed).toMatchObject({
    owner: "admin",
    state: "attached",
    viewers: [{ role: "owner" }, { role: "observer" }],
  });
  terminal.write("stty size\n");
  await shown.shows("22 66\r\n");
  terminal.end();
  expect(await observer.closed()).toMatchObject({ reason: "ended" });
});

test("the explorer lists, makes and removes, across a lost connection, and follows the shell's directory", async () => {
  const { terminal } = await open();
  const { explorer } = terminal;
  await explorer.makeDirectory("", "tree");
  await explorer.makeDirectory("tree", ".hidden");
  await explorer.makeDirectory("tree", "leaf");
  expect((await explorer.list("tree")).entries).toMatchObject([{ name: "leaf", isDirectory: true }]);
  await expect(explorer.makeDirectory("tree", "leaf")).rejects.toMatchObject({ code: "file_error" });
  await expect(explorer.list("nowhere")).rejects.toMatchObject({ code: "file_error" });
  await explorer.remove("tree/leaf");

  const lost = stateOf(terminal, "reconnecting");
  proxy.cut({ stay: true });
  await lost;
  const listing = explorer.list("tree", { showHidden: true });
  const many = Promise.all(Array.from({ length: 200 }, () => explorer.directory()));
  proxy.mend();
  terminal.retry();
  expect((await listing).entries).toMatchObject([{ name: ".hidden" }]);
  expect(new Set(await many).size).toBe(1);

  const seen: string[] = [];
  const arrived = new Promise<void>((resolve) => {
    const off = terminal.on("directory", (path) => {
      seen.push(path);
      if (!path.endsWith("/tree")) return;
      off();
      resolve();
    });
  });
  terminal.write("cd tree; echo moved\n");
  await arrived;
  const home = (await many)[0] ?? "";
  expect(seen).toEqual(seen.length > 1 ? [home, `${home}/tree`] : [`${home}/tree`]);
});

test("a server that only speaks cloudshell-v1 has terminals too", async () => {
  const { terminal, shown } = await open({ protocols: ["cloudshell-v1"] });
  expect(terminal.state).toMatchObject({ info: { protocol: "cloudshell-v1", role: "owner" } });
  terminal.write("echo 'grüße, 世界'\n");
  await shown.shows("grüße, 世界");
  await expect(terminal.list()).rejects.toMatchObject({ code: "unsupported" });
  expect(() => terminal.end()).toThrow(expect.objectContaining({ code: "unsupported" }));
  expect((await terminal.explorer.list("/")).entries.map(({ name }) => name)).toContain("usr");
  const lost = stateOf(terminal, "reconnecting");
  proxy.cut();
  await lost;
  await stateOf(terminal, "open");
  terminal.write("echo after-$((0 + 1)); exit 3\n");
  // Without numbers the server repeats what it keeps, so the screen is begun anew.
  expect(await terminal.closed()).toMatchObject({ reason: "ended" });
  expect(shown.resets).toBe(1);
  expect(shown.text().match(/世界/g)).toHaveLength(1);
  expect(shown.text()).toContain("after-1\r\n");
});

test("a terminal that is refused says so in the server's words", async () => {
  const shown = createRecordingScreen();
  const nobody = client.terminal("nobody-0000000", { screen: shown.screen });
  expect(await nobody.closed()).toMatchObject({
    reason: "not_found",
    error: { status: 404, code: "not_found" },
  });
  await expect(nobody.opened()).rejects.toMatchObject({ code: "not_found" });
  await expect(nobody.explorer.list()).rejects.toMatchObject({ code: "not_found" });
  const stranger = createClient({ server: server.url, token: "k8sh_wrong" });
  const refused = stranger.terminal(workspace, { screen: shown.screen });
  expect(await refused.closed()).toMatchObject({ reason: "unauthenticated", error: { status: 401 } });
  const inBrowser = createClient({ server: server.url, token: "t", webSocket: browserWebSocket });
  const unsupported = inBrowser.terminal(workspace, { screen: shown.screen });
  expect(await unsupported.closed()).toMatchObject({ reason: "refused", error: { code: "unsupported" } });
});

test("a server that cannot be reached is given up after the attempts that were asked for", async () => {
  const nowhere = createClient({ server: "http://127.0.0.1:1", token: "t", retries: 0 });
  const states: string[] = [];
  const terminal = nowhere.terminal("w-0000000", { firstAttempts: 2 });
  terminal.on("state", (state) => states.push(state.name));
  terminal.attach(createRecordingScreen().screen);
  expect(await terminal.closed()).toMatchObject({ reason: "failed", error: { code: "network_error" } });
  expect(states).toEqual(["reconnecting", "reconnecting", "closed"]);
});

test("a signal closes a terminal, and its shell goes on", async () => {
  const abort = new AbortController();
  const { terminal, shown } = await open({ signal: abort.signal });
  terminal.write("mark=left; echo set-$((0 + 1))\n");
  await shown.shows("set-1");
  abort.abort();
  expect(terminal.state).toMatchObject({ name: "closed", reason: "aborted" });
  const again = await open({ tab: terminal.tab, plain: false });
  expect(again.terminal.state).toMatchObject({ info: { reattached: true } });
  again.terminal.write("echo mark-$mark\n");
  await again.shown.shows("mark-left\r\n");
  again.terminal.end();
  await again.terminal.closed();
});

test("another WebSocket can be given, such as the one of Node itself", async () => {
  const { client: standard } = platform;
  const other = createClient({
    server: standard.server,
    token: await server.adminToken(),
    // Node's takes headers in its second argument, which the standard's type does not know.
    webSocket: (url, protocols, headers) =>
      new WebSocket(url, {
        protocols: [...protocols],
        headers,
      } as unknown as string[]) as unknown as WebSocketLike,
  });
  const shown = createRecordingScreen();
  const terminal = other.terminal(workspace, { screen: shown.screen });
  await terminal.opened();
  terminal.write("exit 7\n");
  expect(await terminal.closed()).toMatchObject({ reason: "ended", exitCode: 7 });
});
