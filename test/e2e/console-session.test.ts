import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchChromium } from "./chromium.ts";
import { createUser, fillSignIn, openConsole, password, said } from "./console.ts";
import {
  createWorkspace,
  discard,
  eventually,
  newDataDir,
  type RunningServer,
  startServerProcess,
} from "./harness.ts";

let server: RunningServer;
let browser: Browser;

beforeAll(async () => {
  [server, browser] = await Promise.all([startServerProcess(await newDataDir()), launchChromium()]);
  await createUser(server, { username: "ada", fullname: "Ada", roles: ["developer"] });
  await createUser(server, { username: "bob", fullname: "Bob", roles: ["developer"] });
});
afterAll(async () => {
  await browser?.close();
  await discard(server);
});

const open = () => openConsole(browser, server, "ada");

test("a session that ends while something is typed is renewed over the page, and what was typed is saved", async () => {
  const { page, context, go } = await open();
  await go("/account/profile");
  await page.getByLabel("Name", { exact: true }).fill("Typed before the end");
  await context.clearCookies();
  await page.getByRole("button", { name: "Save" }).click();
  const dialog = page.getByRole("alertdialog", { name: "Your session has ended" });
  await dialog.getByLabel("Password").fill("wrong");
  await dialog.getByRole("button", { name: "Sign in" }).click();
  await dialog.getByRole("alert").waitFor();
  await dialog.getByLabel("Password").fill(password);
  await dialog.getByRole("button", { name: "Sign in" }).click();
  // The request that found the session ended goes through by itself.
  await said(page, "Your profile was saved");
  expect(await page.getByLabel("Name", { exact: true }).inputValue()).toBe("Typed before the end");
  expect(await (await server.api("GET", "/users/ada/profile")).json()).toMatchObject({
    fullname: "Typed before the end",
  });
  await context.close();
});

test("making a workspace waits as well until somebody has signed in again", async () => {
  const { page, context, go } = await openConsole(browser, server, "bob");
  await go("/new");
  await page.getByLabel("Blueprint", { exact: true }).last().selectOption("dev");
  await context.clearCookies();
  await page.getByRole("button", { name: "Create workspace" }).click();
  const dialog = page.getByRole("alertdialog", { name: "Your session has ended" });
  await dialog.getByLabel("Password").fill(password);
  await dialog.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("link", { name: "Open it" }).waitFor();
  await context.close();
});

test("signing in again in another tab is noticed", async () => {
  const { page, context, go } = await open();
  await go("/account/keys");
  await page.getByText("No keys yet").waitFor();
  await context.clearCookies();
  await page.getByRole("button", { name: "Add key" }).first().click();
  await page.getByRole("dialog").getByLabel("Public key").fill("ssh-ed25519 no-key");
  await page.getByRole("dialog").getByRole("button", { name: "Add key" }).click();
  await page.getByRole("alertdialog", { name: "Your session has ended" }).waitFor();
  const other = await context.newPage();
  await other.goto(server.url);
  await other.getByRole("link", { name: "Sign in" }).click();
  await fillSignIn(other, "ada");
  await other.getByRole("heading", { name: "Workspaces" }).waitFor();
  await page.getByRole("alertdialog").waitFor({ state: "detached" });
  // The server has seen the key by now, and does not like it; the window with it is still there.
  await page.getByRole("dialog").getByRole("alert").waitFor();
  expect(await page.getByRole("dialog").getByLabel("Public key").inputValue()).toBe("ssh-ed25519 no-key");
  await context.close();
});

test("whoever leaves the page instead signs in and is back at the same place", async () => {
  const { page, context, go } = await open();
  await go("/account/variables");
  await page.getByText("No variables yet").waitFor();
  await context.clearCookies();
  await page.getByRole("link", { name: "Credentials" }).click();
  await page.getByRole("button", { name: "Leave this page" }).click();
  await page.getByText("Your session has ended. Sign in again").waitFor();
  await page.getByRole("link", { name: "Sign in" }).click();
  await fillSignIn(page, "ada");
  await page.getByRole("heading", { name: "Credentials" }).waitFor();
  await context.close();
});

test("signing out in one tab takes what is shown from the others, and signing in brings it back", async () => {
  const { page, context, go } = await open();
  await go("/account/profile");
  await page.getByLabel("Name", { exact: true }).waitFor();
  const other = await context.newPage();
  await other.goto(server.url);
  await other.getByRole("button", { name: /^Account of/ }).click();
  await other.getByRole("menuitem", { name: "Sign out" }).click();
  await page.getByText("You signed out in another tab.").waitFor();
  expect(await page.getByLabel("Name", { exact: true }).count()).toBe(0);
  await other.getByRole("link", { name: "Sign in" }).click();
  await fillSignIn(other, "ada");
  await page.getByLabel("Name", { exact: true }).waitFor();
  await context.close();
});

test("somebody else who signs in does not see the page of whoever was there before", async () => {
  const { page, context, go } = await open();
  await go("/account/profile");
  await page.getByText("Ada").first().waitFor();
  await context.clearCookies();
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("alertdialog", { name: "Your session has ended" }).waitFor();
  const bob = await openConsole(browser, server, "bob");
  await context.addCookies(await bob.context.cookies());
  await bob.context.close();
  await page.evaluate("window.dispatchEvent(new Event('focus'))");
  await page.getByRole("button", { name: "Account of Bob" }).waitFor();
  expect(await (await server.api("GET", "/users/bob/profile")).json()).toMatchObject({ fullname: "Bob" });
  await context.close();
});

test("without a network the page says so, keeps what it shows, and goes on when it is back", async () => {
  const { page, context, go } = await open();
  await go("/account/variables");
  await page.getByText("No variables yet").waitFor();
  await context.setOffline(true);
  await page.getByRole("link", { name: "Variables" }).click();
  await page.evaluate("window.dispatchEvent(new Event('offline'))");
  const banner = page.getByRole("status").filter({ hasText: /What you see may be out of date/ });
  await banner.waitFor();
  await page.getByText("No variables yet").waitFor();
  await server.api("POST", "/users/ada/envvars", { body: { key: "WHILE_AWAY", value: "1" } });
  await context.setOffline(false);
  await banner.waitFor({ state: "detached" });
  await page.getByText("WHILE_AWAY").waitFor();
  await context.close();
});

test("what changes elsewhere comes over one socket, without asking again", async () => {
  const { page, context, go } = await open();
  const sockets: string[] = [];
  const asked: string[] = [];
  page.on("websocket", (socket) => sockets.push(new URL(socket.url()).pathname));
  page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  await go("/");
  await page.getByText("No workspaces yet").waitFor();
  const socket = await eventually(() => sockets[0]);
  expect(socket).toBe("/api/v1/events");
  const created = await createWorkspace(server, { username: "ada", blueprint: "dev" });
  const row = page.getByRole("row").filter({ hasText: created.workspace });
  await row.getByText("Running").waitFor();
  await server.api("DELETE", `/workspaces/${created.workspace}?delete=true`);
  await row.waitFor({ state: "detached" });
  expect(sockets).toEqual(["/api/v1/events"]);
  // Once at first; the rest came by itself.
  expect(asked.filter((path) => path === "/api/v1/workspaces").length).toBeLessThanOrEqual(2);
  await context.close();
});

test("who makes a workspace that is there already is led to it, and learns when it is deleted elsewhere", async () => {
  const { page, context, go } = await open();
  const { workspace } = await createWorkspace(server, { username: "ada", blueprint: "dev" });
  await go("/new");
  await page.getByRole("button", { name: "Create workspace" }).click();
  await page.getByText(`workspace ${workspace} is already running`).waitFor();
  await page.getByRole("link", { name: "Open it" }).click();
  await page.getByRole("heading", { name: workspace }).waitFor();
  await server.api("DELETE", `/workspaces/${workspace}?delete=true`);
  await page.getByText(`There is no workspace ${workspace}`, { exact: true }).waitFor();
  await context.close();
});

test("everything is reached by keyboard: skip link, palette, dialogs that give the focus back", async () => {
  const { page, context, go, problems } = await open();
  await go("/");
  await page.getByRole("heading", { name: "Workspaces" }).waitFor();
  const focused = () => page.evaluate("document.activeElement?.textContent?.trim() ?? ''") as Promise<string>;
  await page.keyboard.press("Tab");
  await expect.poll(focused).toBe("Skip to content");
  await page.keyboard.press("Enter");
  await expect.poll(() => page.evaluate("document.activeElement?.id")).toBe("content");

  await page.keyboard.press("Control+k");
  await page.getByPlaceholder("Type a name…").waitFor();
  await page.keyboard.type("ssh");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "SSH keys" }).waitFor();
  // The palette went away with the old page: the keyboard goes on in the new one.
  await eventually(async () =>
    (await page.evaluate("document.activeElement !== document.body")) ? true : undefined,
  );

  const add = page.getByRole("button", { name: "Add key" });
  await add.focus();
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();
  await expect
    .poll(() => page.evaluate("document.activeElement?.closest('[role=dialog]') !== null"))
    .toBe(true);
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  // The keyboard comes back a moment after the dialog has gone.
  await expect.poll(focused).toBe("Add key");
  expect(problems).toEqual([]);
  await context.close();
});
