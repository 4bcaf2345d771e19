import { createHash, randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchChromium } from "./chromium.ts";
import { createUser, openConsole } from "./console.ts";
import { screenShows, typeInto } from "./console-browser.ts";
import {
  createWorkspace,
  discard,
  eventually,
  newDataDir,
  type RunningServer,
  startServerProcess,
} from "./harness.ts";

// Each is a whole journey in a browser.

let server: RunningServer;
let browser: Browser;
let workspace: string;
/** Files of the person at the browser. */
let local: string;

beforeAll(async () => {
  [server, browser] = await Promise.all([startServerProcess(await newDataDir()), launchChromium()]);
  await createUser(server, { username: "ada", fullname: "Ada", roles: ["developer"] });
  ({ workspace } = await createWorkspace(server, { username: "ada", blueprint: "dev" }));
  local = await mkdtemp(join(tmpdir(), "k8shell-dropped-"));
});
afterAll(async () => {
  await browser?.close();
  await discard(server);
  await rm(local, { recursive: true, force: true });
});

const stored = async (path: string): Promise<string> => {
  const response = await server.api("GET", `/workspaces/${workspace}/files?path=${encodeURIComponent(path)}`);
  return response.ok ? response.text() : `status ${response.status}`;
};

/**
 * Drags files and folders of this machine over a place of the page, as a file manager does, and drops them when the page
 * shows that they would go where they are held.
 */
const drop = async (page: Page, paths: string[], over: Locator, shown: Locator) => {
  const client = await page.context().newCDPSession(page);
  const place = await eventually(async () => {
    const box = await over.boundingBox();
    if (!box) return undefined;
    const at = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    const data = { items: [], files: paths, dragOperationsMask: 1 };
    await client.send("Input.dispatchDragEvent", { type: "dragEnter", ...at, data });
    await client.send("Input.dispatchDragEvent", { type: "dragOver", ...at, data });
    return (await shown.getAttribute("class"))?.includes("ring-accent") ? { ...at, data } : undefined;
  });
  await client.send("Input.dispatchDragEvent", { type: "drop", ...place });
};

test("files and whole folders are dropped into the tree, where they are held", async () => {
  const { page, context, go, problems } = await openConsole(browser, server, "ada");
  await writeFile(join(local, "note.txt"), "dropped");
  await mkdir(join(local, "site/css"), { recursive: true });
  await writeFile(join(local, "site/index.html"), "<p>site</p>");
  await writeFile(join(local, "site/css/main.css"), "p {}");
  await server.api("POST", `/workspaces/${workspace}/files/mkdir?path=inbox`);
  // The tree stays where it is, wherever the shell goes.
  await context.addInitScript(() => localStorage.setItem("k8shell-files-follow", "no"));
  await go(`/workspaces/${workspace}/terminal`);
  const inbox = page.getByRole("treeitem", { name: "inbox" });
  await drop(page, [join(local, "note.txt")], inbox, inbox);
  await page.getByText("Uploaded: 1").waitFor();
  expect(await stored("inbox/note.txt")).toBe("dropped");

  // Below the entries is the directory that is shown.
  const panel = page.getByRole("region", { name: "Files", exact: true });
  await drop(page, [join(local, "site")], page.getByRole("tree"), panel);
  await page.getByText("Uploaded: 3").waitFor();
  expect(await stored("site/index.html")).toBe("<p>site</p>");
  expect(await stored("site/css/main.css")).toBe("p {}");
  await page.getByRole("treeitem", { name: "site" }).waitFor();
  expect(problems).toEqual([]);
  await context.close();
});

test("an upload that was stopped by a reload goes on where it was when the same file is chosen again", async () => {
  const { page, context, go, problems } = await openConsole(browser, server, "ada");
  const content = randomBytes(16 << 20);
  await writeFile(join(local, "large.bin"), content);
  await writeFile(join(local, "other.bin"), "something else");
  const sent: number[] = [];
  page.on("request", (request) => {
    if (request.method() === "PATCH") sent.push(Number(request.headers()["upload-offset"]));
  });
  await go(`/workspaces/${workspace}/terminal`);
  await page.getByRole("tree").waitFor();
  // Slow enough to be stopped in its middle.
  const client = await context.newCDPSession(page);
  await client.send("Network.enable");
  const speed = (uploadThroughput: number) =>
    client.send("Network.emulateNetworkConditions", {
      offline: false,
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput,
    });
  await speed(2 << 20);
  const choose = async (button: string, file: string) => {
    const chooser = page.waitForEvent("filechooser");
    await page.getByRole("button", { name: button }).click();
    await (await chooser).setFiles(join(local, file));
  };
  await choose("Upload files", "large.bin");
  const row = page.locator("[data-upload='large.bin']");
  const progress = () => row.getByRole("progressbar").evaluate((bar: HTMLProgressElement) => bar.value);
  await eventually(async () => ((await progress()) > 0.1 ? true : undefined));
  // The browser asks before a page with uploads is left.
  page.once("dialog", (dialog) => void dialog.accept());
  await page.reload();
  await speed(-1);
  await row.getByText("Give the same file again to go on.").waitFor();
  expect(await progress()).toBeGreaterThan(0);
  await choose("Choose large.bin again", "other.bin");
  await row.getByRole("alert").waitFor();
  await choose("Choose large.bin again", "large.bin");
  await row.and(page.locator("[data-state=done]")).waitFor();
  expect(sent[0]).toBe(0);
  expect(sent.length).toBeGreaterThan(1);
  expect(sent.slice(1).every((offset) => offset > 0)).toBe(true);
  const response = await server.api("GET", `/workspaces/${workspace}/files?path=large.bin`);
  const digest = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
  expect(digest(new Uint8Array(await response.arrayBuffer()))).toBe(digest(content));
  // What is finished is not offered again.
  expect(await page.evaluate(() => JSON.stringify(Object.keys(localStorage)))).not.toContain("large.bin");
  expect(problems).toEqual([]);
  await context.close();
});

test("a menu of the tree stays where it is and about what it was opened for while the tree is drawn anew", async () => {
  const { page, context, go, problems } = await openConsole(browser, server, "ada");
  const make = (path: string) =>
    server.api("POST", `/workspaces/${workspace}/files/mkdir?parents=true&path=${path}`);
  await make("menu/kept");
  await make("elsewhere/inside");
  await go(`/workspaces/${workspace}/terminal`);
  await typeInto(page, "cd ~/menu\n");
  const kept = page.getByRole("treeitem", { name: "kept" });
  await kept.waitFor();
  await typeInto(page, "until [ -e go ]; do sleep 0.1; done; cd ~/elsewhere\n");
  await kept.getByRole("button", { name: "More about kept" }).click();
  const menu = page.getByRole("menu", { name: "kept" });
  await menu.waitFor();
  expect(await kept.getAttribute("aria-expanded")).toBe("false");
  const before = await menu.boundingBox();

  // The shell, and the tree with it, goes elsewhere.
  await make("menu/go");
  await page.getByRole("treeitem", { name: "inside" }).waitFor();
  expect(await menu.boundingBox()).toEqual(before);
  await menu.getByRole("menuitem", { name: "Delete" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Delete" }).click();
  await expect
    .poll(() =>
      server.api("GET", `/workspaces/${workspace}/files/stat?path=menu/kept`).then(({ status }) => status),
    )
    .toBe(404);
  expect(problems).toEqual([]);
  await context.close();
});

test("names of files are typed into the terminal as names, whatever keys they hold", async () => {
  const { page, context, go, problems } = await openConsole(browser, server, "ada");
  // Ctrl-U takes back what is typed, Enter runs what follows.
  const hostile = "x\u0015touch taken\r'!q";
  await server.api(
    "POST",
    `/workspaces/${workspace}/files/mkdir?parents=true&path=${encodeURIComponent(`keys/${hostile}`)}`,
  );
  await go(`/workspaces/${workspace}/terminal`);
  await typeInto(page, "cd ~/keys\n");
  await page.getByRole("treeitem", { name: /touch/ }).click({ button: "right" });
  await page.getByRole("menuitem", { name: "Go there in the terminal" }).click();
  await typeInto(page, "pwd | cat -v; ls ~/keys/taken\n");
  await screenShows(page, "No such file or directory");
  await screenShows(page, "keys/x^Utouch");
  expect(problems).toEqual([]);
  await context.close();
});

test("a folder of many files is uploaded with only the rows in sight on the page", async () => {
  const { page, context, go, problems } = await openConsole(browser, server, "ada");
  const count = 60;
  await mkdir(join(local, "many"));
  await Promise.all(
    Array.from({ length: count }, (_, n) => writeFile(join(local, "many", `f${n}.txt`), `file ${n}`)),
  );
  await server.api("POST", `/workspaces/${workspace}/files/mkdir?path=beside`);
  await go(`/workspaces/${workspace}/terminal`);
  await page.getByRole("tree").waitFor();
  // The first of them waits, so that all are on the list.
  let letGo = () => {};
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  await page.route(/\/uploads/, async (route) => {
    await held;
    await route.continue();
  });
  const chooser = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: "Upload a folder" }).click();
  await (await chooser).setFiles(join(local, "many"));
  await page.getByText(`0 of ${count} uploaded`).waitFor();
  const rows = page.locator("[data-upload]");
  await rows.first().waitFor();
  expect(await rows.count()).toBeLessThan(30);
  expect(await rows.first().getAttribute("aria-setsize")).toBe(String(count));
  letGo();
  await page.unrouteAll({ behavior: "wait" });
  await page.getByText(`Uploaded: ${count}`).waitFor();
  expect(await stored(`many/f${count - 1}.txt`)).toBe(`file ${count - 1}`);
  expect(problems).toEqual([]);
  await context.close();
});

test("the tree of a directory that is removed elsewhere says so, and leads back", async () => {
  const { page, context, go } = await openConsole(browser, server, "ada");
  await server.api("POST", `/workspaces/${workspace}/files/mkdir?parents=true&path=leaving/inside`);
  await server.api("POST", `/workspaces/${workspace}/files/mkdir?parents=true&path=staying`);
  await go(`/workspaces/${workspace}/terminal`);
  await page.getByRole("treeitem", { name: "leaving" }).click({ button: "right" });
  await page.getByRole("menuitem", { name: "Go there", exact: true }).click();
  const inside = page.getByRole("treeitem", { name: "inside" });
  await inside.waitFor();
  await server.api("DELETE", `/workspaces/${workspace}/files?recursive=true&path=leaving`);
  await page.getByRole("button", { name: "Refresh" }).click();
  await page.getByText("There is no such file or directory.").waitFor();
  expect(await inside.count()).toBe(0);
  await page.getByRole("button", { name: "Home directory" }).click();
  await page.getByRole("treeitem", { name: "staying" }).waitFor();
  await context.close();
});

test("of a large file only the beginning is previewed, behind a link too", async () => {
  const { page, context, go, problems } = await openConsole(browser, server, "ada");
  const command =
    "mkdir peek && cd peek && head -c 3000000 /dev/zero | tr '\\0' x >lorem && ln -s lorem pointer";
  const made = await server.api("POST", `/workspaces/${workspace}/exec`, { body: { command } });
  expect(await made.json()).toMatchObject({ exitCode: 0 });
  await go(`/workspaces/${workspace}/terminal`);
  await page.getByRole("treeitem", { name: "peek" }).click();
  for (const name of ["lorem", "pointer"]) {
    await page.getByRole("treeitem", { name }).dblclick();
    const dialog = page.getByRole("dialog", { name });
    await dialog.getByText("Download the file to see the rest.").waitFor();
    expect(await dialog.locator("pre").textContent()).toBe("x".repeat(512 << 10));
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
  }
  expect(problems).toEqual([]);
  await context.close();
});
