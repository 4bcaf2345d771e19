import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { launchChromium } from "./chromium.ts";
import { watchProblems } from "./console.ts";
import { screenShows, screenText, signIn, typeInto } from "./console-browser.ts";
import { type CuttableProxy, startCuttableProxy } from "./cuttable-proxy.ts";
import {
  createWorkspace,
  discard,
  eventually,
  newDataDir,
  type RunningServer,
  startServerProcess,
} from "./harness.ts";
import { takeWebAppPort } from "./web-app-port.ts";

// Each is a whole journey in a browser.

let server: RunningServer;
/** The network between browser and server. */
let network: CuttableProxy;
let browser: Browser;
let context: BrowserContext;
let workspace: string;
let files: string;

const recordAdmins = `
@id("record-admin")
@rank("50")
@obligation_record("shell,exec")
permit (principal, action == Action::"session:start", resource)
when { resource has owner && resource.owner == principal };
`;

/** The policy is read while the server runs: commands are run until one is recorded. */
const recordingBegins = () =>
  eventually(async () => {
    await server.api("POST", `/workspaces/${workspace}/exec`, { body: { command: "true" } });
    const recordings = (await (await server.api("GET", "/recordings")).json()) as unknown[];
    return recordings.length > 0 ? true : undefined;
  });

beforeAll(async () => {
  server = await startServerProcess(await newDataDir());
  await writeFile(join(server.dataDir, "policies", "record.cedar"), recordAdmins);
  network = await startCuttableProxy(server.url);
  browser = await launchChromium();
  context = await browser.newContext();
  await signIn(context, server, network.url);
  ({ workspace } = await createWorkspace(server, { username: "admin", blueprint: "dev" }));
  await recordingBegins();
  files = await mkdtemp(join(tmpdir(), "k8shell-files-"));
});
afterAll(async () => {
  await browser?.close();
  await network?.close();
  await discard(server);
  await rm(files, { recursive: true, force: true });
});

afterEach(async () => {
  network.mend();
  await Promise.all(context.pages().map((page) => page.close()));
});

/** Closes what is over the page. */
const closeDialog = async (page: Page): Promise<void> => {
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
};

/** A window of the Console at a part of the workspace. */
const openPart = async (part: string): Promise<{ page: Page; problems: string[] }> => {
  const page = await context.newPage();
  const problems = watchProblems(page);
  await page.goto(`${network.url}/#/workspaces/${workspace}/${part}`);
  return { page, problems };
};

test("a full-screen program is on the screen again after a reload in its middle", async () => {
  const { page, problems } = await openPart("terminal");
  await typeInto(page, "echo before-$((40+2)); vi notes.txt\n");
  await screenShows(page, "~\n~\n");
  await typeInto(page, "ihello from vi");
  await screenShows(page, "hello from vi");
  expect(await screenText(page)).not.toContain("before-42");

  await page.reload();
  await screenShows(page, "hello from vi");
  expect(await screenText(page)).not.toContain("before-42");
  await typeInto(page, " again");
  await page.keyboard.press("Escape");
  await typeInto(page, ":wq\n");
  await screenShows(page, "before-42");
  await typeInto(page, "cat notes.txt\n");
  await screenShows(page, "hello from vi again");
  expect(problems).toEqual([]);
});

test("a terminal says that its network is cut, and goes on with nothing lost", async () => {
  const { page } = await openPart("terminal");
  await typeInto(page, "for i in 1 2 3 4 5 6 7 8; do echo line-$i; read -t 0.4; done; echo all-$((6*7))\n");
  await screenShows(page, "line-2");
  network.cut({ stay: true });
  await page.getByText("Connection lost. Reconnecting").waitFor();
  network.mend();
  await screenShows(page, "all-42");
  const text = await screenText(page);
  for (let line = 1; line <= 8; line += 1) expect(text.split(`line-${line}\n`).length, text).toBe(2);

  await page.evaluate(() => dispatchEvent(new Event("offline")));
  await page.getByText("You are offline. The shell goes on").waitFor();
  await page.evaluate(() => dispatchEvent(new Event("online")));
  await typeInto(page, "echo back-$((40+2))\n");
  await screenShows(page, "back-42");
});

test("a terminal that connects again leaves the keyboard where something is typed", async () => {
  const { page } = await openPart("terminal");
  const open = page.locator("[data-terminal][data-state=open]");
  const reconnect = async () => {
    network.cut({ stay: true });
    await page.getByText("Connection lost. Reconnecting").waitFor();
    network.mend();
    await open.waitFor();
    // What it does when it has connected is done.
    await page.evaluate(
      () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
    );
  };
  await typeInto(page, "echo first-$((40+2))\n");
  await screenShows(page, "first-42");
  await page.getByRole("tab").first().press("F2");
  const name = page.getByLabel("Name of the terminal");
  await name.fill("bu");
  await reconnect();
  await page.keyboard.type("ild");
  expect(await name.inputValue()).toBe("build");
  await name.press("Escape");

  // Arrow keys go from tab to tab and stay with the tabs; Enter goes into the terminal.
  await page.getByRole("button", { name: "New terminal" }).click();
  await typeInto(page, "echo second-$((40+2))\n");
  await screenShows(page, "second-42");
  await page.keyboard.press("Control+Shift+ArrowUp");
  for (const [shown, at] of [
    ["first-42", 0],
    ["second-42", 1],
    ["first-42", 0],
  ] as const) {
    await page.keyboard.press("ArrowLeft");
    await screenShows(page, shown);
    await expect
      .poll(() =>
        page
          .getByRole("tab")
          .nth(at)
          .evaluate((tab) => tab === document.activeElement),
      )
      .toBe(true);
  }
  await page.keyboard.press("Enter");
  await page.keyboard.type("echo third-$((40+2))\n");
  await screenShows(page, "third-42");
});

test("whoever looks for something in a terminal can go to another beside it, and type there", async () => {
  const { page, problems } = await openPart("terminal");
  await typeInto(page, "echo left-$((40+2))\n");
  await page.getByRole("button", { name: "Split to the right" }).click();
  await typeInto(page, "echo right-$((40+2)) right-$((40+2))\n", 1);
  await screenShows(page, "right-42 right-42", 1);
  await page.keyboard.press("Control+Shift+F");
  const find = page.getByRole("search");
  await find.getByLabel("Find", { exact: true }).fill("-42");
  await find.getByText("/ 2").waitFor();
  await page.locator("[data-terminal]").first().click();
  // What was counted was in the other one.
  await expect.poll(() => find.getByRole("status").textContent()).toBe("");
  await page.keyboard.type("echo typed-$((40+2))\n");
  await screenShows(page, "typed-42");
  expect(problems).toEqual([]);
});

test("a page that comes while there is no network waits for it, and nothing on the page is lost", async () => {
  // Of a browser that has none of the parts yet.
  const fresh = await browser.newContext({ storageState: await context.storageState() });
  const page = await fresh.newPage();
  await page.goto(`${network.url}/#/workspaces/${workspace}/terminal`);
  await typeInto(page, "echo before-$((40+2))\n");
  await screenShows(page, "before-42");
  await page.evaluate("window.isThisPage = true");
  network.cut({ stay: true });
  await page.getByText("Connection lost. Reconnecting").waitFor();
  await page.keyboard.press("Control+Shift+ArrowUp");
  await page.keyboard.press("Control+k");
  await page.getByRole("link", { name: "Sessions" }).click();
  await page.getByText(/What you see may be out of date/).waitFor();
  network.mend();
  await page.getByRole("dialog").waitFor();
  await closeDialog(page);
  await page.getByRole("heading", { name: "Connected now" }).waitFor();
  await page.getByRole("link", { name: "Terminal and files" }).click();
  await screenShows(page, "before-42");
  expect(await page.evaluate("window.isThisPage")).toBe(true);
  await fresh.close();
});

test("a page of a version that the server has no more says so, and is loaded anew", async () => {
  const fresh = await browser.newContext({ storageState: await context.storageState() });
  const page = await fresh.newPage();
  await page.goto(network.url);
  await page.getByRole("link", { name: workspace }).waitFor();
  await page.route(/assets\/palette/, (route) => route.fulfill({ status: 404 }));
  await page.keyboard.press("Control+k");
  await page.getByText("The Console is of another version by now").waitFor();
  await page.unroute(/assets\/palette/);
  await page.getByRole("button", { name: "Load the page anew" }).click();
  await page.getByRole("link", { name: workspace }).waitFor();
  await page.keyboard.press("Control+k");
  await page.getByRole("dialog").waitFor();
  await fresh.close();
});

test("terminals stand beside each other, keep their place over a reload, and end or go on as one says", async () => {
  const { page, problems } = await openPart("terminal");
  await typeInto(page, "echo left-$((40+2))\n");
  await screenShows(page, "left-42");
  await page.getByRole("button", { name: "Split to the right" }).click();
  await typeInto(page, "echo right-$((40+2))\n", 1);
  await screenShows(page, "right-42", 1);
  expect(await screenText(page, 0)).not.toContain("right-42");

  await page.reload();
  await screenShows(page, "left-42", 0);
  await screenShows(page, "right-42", 1);

  await page.getByRole("tab").first().press("F2");
  await page.getByLabel("Name of the terminal").fill("build");
  await page.getByLabel("Name of the terminal").press("Enter");
  await page.getByRole("tab", { name: "build" }).waitFor();

  // The one on the right was named, because it has the focus; its shell ends.
  await page.getByRole("button", { name: "Close build" }).click();
  await page.getByRole("button", { name: "End the shell" }).click();
  await eventually(async () => ((await page.locator("[data-terminal]").count()) === 1 ? true : undefined));
  await screenShows(page, "left-42");

  // The other is left running, and found again in the list.
  await page.getByRole("button", { name: "Close", exact: false }).first().click();
  await page.getByRole("button", { name: "Leave it running" }).click();
  await page.getByText("No terminal is open").waitFor();
  await page.getByRole("button", { name: /^All terminals/ }).click();
  await page.getByRole("button", { name: "Attach" }).first().click();
  await screenShows(page, "42");
  await typeInto(page, "exit 3\n");
  await page.getByText("The shell has ended with status 3.").waitFor();
  await page.getByRole("button", { name: "New shell" }).click();
  await typeInto(page, "echo new-$((40+2))\n");
  await screenShows(page, "new-42");
  expect(problems).toEqual([]);
});

test("a second window takes a terminal over, and the first says so and can take it back", async () => {
  const { page: first } = await openPart("terminal");
  await typeInto(first, "echo mine-$((40+2))\n");
  await screenShows(first, "mine-42");
  const kept = await first.evaluate(() => JSON.stringify(Object.entries(sessionStorage)));
  const second = await context.newPage();
  // What a browser does when a tab is duplicated.
  await second.addInitScript((entries) => {
    for (const [key, value] of JSON.parse(entries)) sessionStorage.setItem(key, value);
  }, kept);
  await second.goto(`${network.url}/#/workspaces/${workspace}/terminal`);
  await screenShows(second, "mine-42");
  await first.getByText("opened in another window").waitFor();
  await second.close();
  await first.getByRole("button", { name: "Take it back" }).click();
  await typeInto(first, "echo back-$((40+2))\n");
  await screenShows(first, "back-42");
});

test("the look of terminals is chosen in two windows, and neither takes back what the other did", async () => {
  const [one, other] = [(await openPart("terminal")).page, (await openPart("terminal")).page];
  const choose = async (page: Page, choice: string) => {
    await page.getByRole("button", { name: "Look of the terminals" }).click();
    await page.getByRole("menuitemradio", { name: choice }).click();
    await page.getByRole("menu").waitFor({ state: "detached" });
  };
  const letters = (page: Page) =>
    page.locator(".xterm-rows").evaluate((rows) => getComputedStyle(rows).fontSize);
  for (const page of [one, other]) await page.locator("[data-terminal][data-state=open]").waitFor();
  await choose(one, "22 px");
  await expect.poll(() => letters(other)).toBe("22px");
  await choose(other, "Light");
  expect(await one.evaluate("localStorage.getItem('k8shell-terminal')")).toMatch(/22.*light/);
  await one.evaluate("localStorage.removeItem('k8shell-terminal')");
});

test("files are uploaded, shown, renamed and deleted in the tree, which follows the shell", async () => {
  const { page, problems } = await openPart("terminal");
  const tree = page.getByRole("tree");
  await writeFile(join(files, "letter.txt"), "Dear reader,\n");
  const png = Buffer.from(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
    "base64",
  );
  await writeFile(join(files, "dot.png"), png);
  await typeInto(page, "mkdir -p post/box && cd post\n");
  await page.getByRole("navigation", { name: "Directory" }).getByRole("button", { name: "post" }).waitFor();

  const chooser = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: "Upload files" }).click();
  await (await chooser).setFiles([join(files, "letter.txt"), join(files, "dot.png")]);
  await page.getByText("Uploaded: 2").waitFor();
  await tree.getByRole("treeitem", { name: /letter\.txt/ }).waitFor();
  await typeInto(page, "cat letter.txt\n");
  await screenShows(page, "Dear reader,");

  await tree.getByRole("treeitem", { name: /letter\.txt/ }).click();
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").getByText("Dear reader,").waitFor();
  await closeDialog(page);
  await tree.getByRole("treeitem", { name: /dot\.png/ }).dblclick();
  const picture = page.getByRole("dialog").getByRole("img", { name: "dot.png" });
  await eventually(async () =>
    (await picture.evaluate((image: HTMLImageElement) => image.naturalWidth)) === 1 ? true : undefined,
  );
  await closeDialog(page);

  // By keyboard alone: along the tree, rename, delete.
  await tree.getByRole("treeitem", { name: /box/ }).focus();
  await page.keyboard.press("End");
  await page.keyboard.press("F2");
  // The name without its ending is selected.
  await page.getByRole("textbox", { name: "Name" }).and(page.locator(":focus")).waitFor();
  await page.keyboard.type("reply");
  await page.keyboard.press("Enter");
  await page.locator("[role=treeitem]:focus").filter({ hasText: "reply.txt" }).waitFor();
  await page.keyboard.press("Delete");
  await page.getByRole("alertdialog").getByRole("button", { name: "Delete" }).click();
  // Not by its role: while a window is open over the page, the page has none.
  await page.locator("[role=treeitem]").filter({ hasText: "reply.txt" }).waitFor({ state: "detached" });

  await page.getByRole("button", { name: "New folder" }).click();
  await page.getByRole("textbox", { name: "Name" }).fill("with space");
  await page.keyboard.press("Enter");
  await tree.getByRole("treeitem", { name: "with space" }).waitFor();
  await typeInto(page, "ls -a; touch .secret\n");
  await screenShows(page, "with space");
  await page.getByRole("button", { name: "Show hidden files" }).click();
  await tree.getByRole("treeitem", { name: /\.secret/ }).waitFor();

  const archive = page.waitForEvent("download");
  await tree.getByRole("treeitem", { name: "box" }).click({ button: "right" });
  await page.getByRole("menuitem", { name: "Download as zip" }).click();
  expect((await archive).suggestedFilename()).toBe("box.zip");
  expect(problems).toEqual([]);
});

test("a file that exists already is not replaced unasked", async () => {
  const { page } = await openPart("terminal");
  await server.api("DELETE", `/workspaces/${workspace}/files?path=twice.txt`);
  await writeFile(join(files, "twice.txt"), "first");
  const upload = async () => {
    const chooser = page.waitForEvent("filechooser");
    await page.getByRole("button", { name: "Upload files" }).click();
    await (await chooser).setFiles(join(files, "twice.txt"));
  };
  await upload();
  await page.getByText("Uploaded: 1").waitFor();
  await writeFile(join(files, "twice.txt"), "second");
  await upload();
  await page.getByText("There is a file of this name already.").waitFor();
  await page.getByRole("button", { name: "Replace it" }).click();
  await page.getByText("Uploaded: 2").waitFor();
  const stored = await server.api("GET", `/workspaces/${workspace}/files?path=twice.txt`);
  expect(await stored.text()).toBe("second");
});

test("an upload of a gigabyte goes on where it was after the network was cut, and after a pause", async () => {
  const { page } = await openPart("terminal");
  const written = createHash("sha256");
  const large = await open(join(files, "large.bin"), "w");
  for (let part = 0; part < 32; part += 1) {
    const content = randomBytes(32 << 20);
    written.update(content);
    await large.write(content);
  }
  await large.close();
  const row = page.locator("[data-upload='large.bin']");
  const progress = () => row.getByRole("progressbar").evaluate((bar: HTMLProgressElement) => bar.value);
  const beyond = (share: number) => eventually(async () => ((await progress()) > share ? true : undefined));
  const sent: number[] = [];
  page.on("request", (request) => {
    if (request.method() === "PATCH") sent.push(Number(request.headers()["upload-offset"]));
  });
  // Slow enough to be cut in its middle.
  const client = await context.newCDPSession(page);
  const speed = (bytesPerSecond: number) =>
    client.send("Network.emulateNetworkConditions", {
      offline: false,
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput: bytesPerSecond,
    });
  await client.send("Network.enable");
  await speed(160 << 20);
  const chooser = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: "Upload files" }).click();
  await (await chooser).setFiles(join(files, "large.bin"));
  await beyond(0.1);
  network.cut();
  await beyond(0.3);
  await page.getByRole("button", { name: "Pause the upload of large.bin" }).click();
  await row.getByText("Paused. What has arrived is kept.").waitFor();
  await speed(-1);
  await page.getByRole("button", { name: "Go on with the upload of large.bin" }).click();
  await row.and(page.locator("[data-state=done]")).waitFor();
  expect(sent[0]).toBe(0);
  expect(sent.length).toBeGreaterThan(2);
  expect(sent.slice(1).every((offset) => offset > 0)).toBe(true);
  const stored = await server.api("GET", `/workspaces/${workspace}/files?path=large.bin`);
  const read = createHash("sha256");
  for await (const piece of stored.body ?? []) read.update(piece);
  expect(read.digest("hex")).toBe(written.digest("hex"));
});

test("an app is started, its log followed, its port opened and shared", async () => {
  await takeWebAppPort();
  const { page, problems } = await openPart("apps");
  const card = page.getByRole("listitem").filter({ has: page.getByRole("heading", { name: "web" }) });
  await card.getByRole("button", { name: "Start" }).click();
  await card.getByText("Running", { exact: true }).waitFor();
  await card.getByRole("button", { name: "Log" }).click();
  const log = card.getByRole("region", { name: "Log of web" });
  await log.waitFor();
  const link = card.getByRole("link", { name: "Open port 8080" });
  await link.waitFor();
  expect(await link.getAttribute("href")).toMatch(/^http:\/\/8080--/);

  await card.getByRole("button", { name: "Share" }).click();
  await page.getByLabel("The organization").check();
  await page.getByRole("button", { name: "Make a link" }).click();
  await page.getByText("it is shown only this once").waitFor();
  await page.getByRole("button", { name: "Close" }).click();
  const table = page.getByRole("region", { name: "Shared ports" });
  await table.getByText("The organization").waitFor();
  await table.getByRole("button", { name: "Change who may use port 8080" }).click();
  await page.getByRole("button", { name: "Stop sharing" }).click();
  await page.getByRole("button", { name: "Close" }).click();
  await eventually(async () => ((await table.count()) === 0 ? true : undefined));

  await page.getByLabel("Port", { exact: true }).fill("99999");
  await page.getByLabel("Port", { exact: true }).press("Enter");
  await page.getByText("A number from 1 to 65535").waitFor();
  await card.getByRole("button", { name: "Stop" }).click();
  await card.getByText("Stopped", { exact: true }).waitFor();
  expect(problems).toEqual([]);
});

test("sessions are listed, and a recorded one is replayed", async () => {
  const { page: terminal } = await openPart("terminal");
  await typeInto(terminal, "echo recorded-$((40+2))\n");
  await screenShows(terminal, "recorded-42");
  const { page, problems } = await openPart("sessions");
  await page.getByRole("region", { name: "Connected now" }).last().getByText("Terminal").first().waitFor();
  await page
    .getByRole("link", { name: /Replay the session/ })
    .first()
    .click();
  const screen = page.getByRole("region", { name: "Recorded terminal" });
  await page.getByLabel("Position").press("End");
  await eventually(async () =>
    ((await screen.locator(".xterm-rows").textContent()) ?? "").includes("recorded-42") ? true : undefined,
  );
  await page.getByLabel("Position").press("Home");
  await eventually(async () =>
    ((await screen.locator(".xterm-rows").textContent()) ?? "").includes("recorded-42") ? undefined : true,
  );
  await page.getByLabel("Speed").selectOption("8");
  await page.getByRole("button", { name: "Play" }).click();
  await eventually(async () =>
    ((await screen.locator(".xterm-rows").textContent()) ?? "").includes("recorded-42") ? true : undefined,
  );
  expect(problems).toEqual([]);
});

test("details show what the workspace uses, how it is reached and what happened", async () => {
  const { page, problems } = await openPart("details");
  await page.getByRole("img", { name: /^CPU: .* CPU of/ }).waitFor();
  await page.getByRole("img", { name: /^Memory: .*B of .*B/ }).waitFor();
  expect(await page.locator("canvas").count()).toBe(3);
  await page.getByText(`k8shell workspace ssh ${workspace}`, { exact: true }).waitFor();
  await page.getByText("Running", { exact: true }).nth(1).waitFor();
  expect(problems).toEqual([]);
});

test("stopping asks first, and the page says that the workspace does not run and starts it again", async () => {
  const { page } = await openPart("terminal");
  await typeInto(page, "echo up-$((40+2))\n");
  await screenShows(page, "up-42");
  await page.getByRole("button", { name: `More about ${workspace}` }).click();
  await page.getByRole("menuitem", { name: "Stop" }).click();
  await page.getByRole("alertdialog").getByText("Programs running in it end").waitFor();
  await page.getByRole("alertdialog").getByRole("button", { name: "Stop" }).click();
  await page.getByText("The workspace is not running").waitFor();
  await page.getByRole("button", { name: "Start" }).last().click();
  await typeInto(page, "echo again-$((40+2))\n");
  await screenShows(page, "again-42");
});
