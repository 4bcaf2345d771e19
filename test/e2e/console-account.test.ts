import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchChromium } from "./chromium.ts";
import {
  apiUntil,
  axeFindings,
  type ConsolePage,
  createUser,
  openConsole,
  password,
  said,
} from "./console.ts";
import { createWorkspace, discard, newDataDir, type RunningServer, startServerProcess } from "./harness.ts";

let server: RunningServer;
let browser: Browser;
let console_: ConsolePage;

beforeAll(async () => {
  [server, browser] = await Promise.all([startServerProcess(await newDataDir()), launchChromium()]);
  await createUser(server, { username: "ada", fullname: "Ada Lovelace", roles: ["developer"] });
  console_ = await openConsole(browser, server, "ada");
});
afterAll(async () => {
  await browser?.close();
  await discard(server);
});

/** Not by its role: while a window is open over the page, the page has none. */
const row = (name: string) => console_.page.locator("tr").filter({ hasText: name });

test("a profile is changed, and the header has the new name", async () => {
  const { page, go } = console_;
  await go("/account/profile");
  await page.getByLabel("Name", { exact: true }).fill("Countess of Lovelace");
  await page.getByLabel("E-mail address").fill("ada@example.org");
  await page.getByRole("button", { name: "Save" }).click();
  await said(page, "Your profile was saved");
  await page.getByRole("button", { name: "Account of Countess of Lovelace" }).waitFor();
  expect(
    await apiUntil<{ email: string }>(server, "/users/ada/profile", ({ email }) => email !== ""),
  ).toMatchObject({
    fullname: "Countess of Lovelace",
    email: "ada@example.org",
    shell: "/bin/sh",
  });
});

test("a form saves what was changed in it, and leaves what was changed elsewhere meanwhile", async () => {
  const { page, go } = console_;
  await go("/account/profile");
  await page.getByLabel("E-mail address").waitFor();
  const elsewhere = await server.api("PATCH", "/users/ada/profile", { body: { email: "new@example.org" } });
  expect(elsewhere.ok, await elsewhere.text()).toBe(true);
  await page.getByLabel("Name", { exact: true }).fill("Ada King");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("button", { name: "Account of Ada King" }).waitFor();
  expect(await (await server.api("GET", "/users/ada/profile")).json()).toMatchObject({
    fullname: "Ada King",
    email: "new@example.org",
  });
  await expect.poll(() => page.getByLabel("E-mail address").inputValue()).toBe("new@example.org");
});

test("a token is made with chosen rights, shown once, works, is changed, renewed and revoked", async () => {
  const { page, go } = console_;
  await go("/account/tokens");
  await page.getByRole("link", { name: "Create token" }).click();
  await page.getByLabel("Name", { exact: true }).fill("laptop");
  await page.getByLabel("Expires").selectOption("30");
  await page.getByRole("button", { name: "Only look" }).click();
  await page.getByLabel("Find a right").fill("session");
  // The preset has it; once more would take it away.
  expect(
    await page
      .getByLabel(/List connection sessions/)
      .first()
      .isChecked(),
  ).toBe(true);
  await page.getByLabel("Find a right").fill("open a terminal");
  await page
    .getByLabel(/Open a terminal/)
    .first()
    .check();
  await page.getByLabel("Whose, for: Open a terminal").selectOption("all");
  await page.getByRole("button", { name: "Create token" }).click();
  const shown = page.locator("[data-secret]");
  const secret = (await shown.textContent()) ?? "";
  expect(secret).toMatch(/^k8sh_[\w-]{43}$/);
  const [token] = await apiUntil<Array<{ id: number; scopes: string[]; expiresAt: string }>>(
    server,
    "/users/ada/tokens",
    (tokens) => tokens.length === 1,
  );
  expect(token?.scopes.sort()).toEqual([
    "session:list:self",
    "user:read:profile:self",
    "workspace:app:read:self",
    "workspace:connect:webshell",
    "workspace:list:self",
    "workspace:read:self",
  ]);
  const days = (new Date(token?.expiresAt ?? "").getTime() - Date.now()) / 86_400_000;
  expect(Math.round(days)).toBe(30);
  expect((await server.api("GET", "/me/profile", { token: secret })).status).toBe(200);

  await page.getByRole("link", { name: "Done" }).click();
  await row("laptop").waitFor();
  expect(await page.content()).not.toContain(secret);

  await page.getByRole("button", { name: "More about laptop" }).click();
  await page.getByRole("menuitem", { name: "Change" }).click();
  await page.getByLabel("Active").uncheck();
  await page.getByRole("button", { name: "Save" }).click();
  await row("laptop").getByText("Switched off").waitFor();
  expect((await server.api("GET", "/me/profile", { token: secret })).status).toBe(401);

  await page.getByRole("button", { name: "More about laptop" }).click();
  await page.getByRole("menuitem", { name: "Renew" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Renew" }).click();
  const renewed = (await shown.textContent()) ?? "";
  expect(renewed).not.toBe(secret);
  expect((await server.api("GET", "/me/profile", { token: renewed })).status).toBe(200);

  await page.getByRole("button", { name: "More about laptop" }).click();
  await page.getByRole("menuitem", { name: "Revoke" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Revoke" }).click();
  await page.getByText("No tokens yet").waitFor();
  expect((await server.api("GET", "/me/profile", { token: renewed })).status).toBe(401);
});

test("a token for one workspace only is refused in another, and its form shows which it is for", async () => {
  const { page, go } = console_;
  const second = "blueprints: [{ name: second, template: base }]\n";
  await writeFile(join(server.dataDir, "blueprints", "second.yaml"), second);
  await apiUntil<Array<{ name: string }>>(server, "/blueprints", (all) =>
    all.some(({ name }) => name === "second"),
  );
  const { workspace: mine } = await createWorkspace(server, { username: "ada", blueprint: "dev" });
  const { workspace: other } = await createWorkspace(server, { username: "ada", blueprint: "second" });
  await go("/account/tokens/new");
  await page.getByLabel("Name", { exact: true }).fill("narrow");
  await page.getByRole("button", { name: "Everything" }).click();
  await page.getByLabel("Only these workspaces").check();
  await page.getByText("“Everything” cannot be limited").waitFor();
  await page.getByRole("button", { name: "Use my workspaces" }).click();
  await page.getByText("Choose at least one workspace").waitFor();
  await page.getByRole("group", { name: "Workspaces that the token is for" }).getByLabel(mine).check();
  expect(await axeFindings(page)).toEqual([]);
  await page.getByRole("button", { name: "Create token" }).click();
  const token = (await page.locator("[data-secret]").textContent()) ?? "";
  expect((await server.api("GET", `/workspaces/${mine}`, { token })).status).toBe(200);
  expect((await server.api("GET", `/workspaces/${other}`, { token })).status).toBe(403);
  expect((await server.api("GET", "/me/profile", { token })).status).toBe(200);

  await page.getByRole("link", { name: "Done" }).click();
  await page.getByRole("button", { name: "More about narrow" }).click();
  await page.getByRole("menuitem", { name: "Change" }).click();
  const choice = page.getByRole("group", { name: "Workspaces that the token is for" });
  await choice.getByLabel(other).check();
  expect(await choice.getByLabel(mine).isChecked()).toBe(true);
  await choice.getByLabel(mine).uncheck();
  await page.getByRole("button", { name: "Save" }).click();
  await said(page, "narrow was changed");
  expect((await server.api("GET", `/workspaces/${mine}`, { token })).status).toBe(403);
  expect((await server.api("GET", `/workspaces/${other}`, { token })).status).toBe(200);
});

const publicKey =
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl ada@laptop";

test("an SSH key is added and deleted; what is not a key is refused where it was typed", async () => {
  const { page, go } = console_;
  await go("/account/keys");
  await page.getByRole("button", { name: "Add key" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Public key").fill("not a key");
  await dialog.getByRole("button", { name: "Add key" }).click();
  await dialog.getByRole("alert").waitFor();
  expect(await dialog.getByLabel("Public key").inputValue()).toBe("not a key");
  await dialog.getByLabel("Public key").fill(publicKey);
  await dialog.getByRole("button", { name: "Add key" }).click();
  await row("ada@laptop").getByText("SHA256:").waitFor();
  await page.getByRole("button", { name: "Delete ada@laptop" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Delete" }).click();
  await page.getByText("No keys yet").waitFor();
  expect(await (await server.api("GET", "/users/ada/keys")).json()).toEqual([]);
});

test("credentials for git are kept, changed and deleted, and never shown", async () => {
  const { page, go } = console_;
  await go("/account/credentials");
  await page.getByRole("button", { name: "Add credential" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Where").fill("https://git.example.org");
  await dialog.getByLabel("Login").fill("ada");
  await dialog.getByLabel("Password or token").fill("s3cret");
  await dialog.getByRole("button", { name: "Save" }).click();
  await row("https://git.example.org").waitFor();
  await page.getByRole("button", { name: "Change https://git.example.org" }).click();
  await dialog.getByLabel("Login").fill("lovelace");
  await dialog.getByRole("button", { name: "Save" }).click();
  await row("lovelace").waitFor();
  const kept = await server.api("GET", "/users/ada/credentials/git?scope=https://git.example.org");
  expect(await kept.json()).toMatchObject({ subject: "lovelace", secret: "s3cret" });
  expect(await page.content()).not.toContain("s3cret");
  await page.getByRole("button", { name: "Delete https://git.example.org" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Delete" }).click();
  await page.getByText("No credentials yet").waitFor();
});

test("variables are made, changed without touching a secret's value, and deleted", async () => {
  const { page, go } = console_;
  await go("/account/variables");
  const dialog = page.getByRole("dialog");
  for (const [name, value, secret] of [
    ["EDITOR", "vim", false],
    ["API_KEY", "hidden-value", true],
  ] as const) {
    await page.getByRole("button", { name: "Add variable" }).click();
    await dialog.getByLabel("Name").fill(name);
    await dialog.getByLabel("Value").fill(value);
    if (secret) await dialog.getByLabel("Secret").check();
    await dialog.getByRole("button", { name: "Save" }).click();
    await row(name).waitFor();
  }
  expect(await page.content()).not.toContain("hidden-value");
  await page.getByRole("button", { name: "Change EDITOR" }).click();
  await dialog.getByLabel("Value").fill("emacs");
  await dialog.getByRole("button", { name: "Save" }).click();
  await row("emacs").waitFor();
  await page.getByRole("button", { name: "Delete API_KEY" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Delete" }).click();
  await row("API_KEY").waitFor({ state: "detached" });
  const left = (await (await server.api("GET", "/users/ada/envvars")).json()) as Array<{
    key: string;
    value: string;
  }>;
  expect(left.map(({ key, value }) => [key, value])).toEqual([["EDITOR", "emacs"]]);
});

test("a password is changed by whoever knows the old one, and both fields must agree", async () => {
  const { page, go } = console_;
  await go("/account/password");
  const set = async (current: string, wanted: string, again: string) => {
    await page.getByLabel("Current password").fill(current);
    await page.getByLabel("New password", { exact: true }).fill(wanted);
    await page.getByLabel("New password again").fill(again);
    await page.getByRole("button", { name: "Set password" }).click();
  };
  await set(password, "another long secret", "another long sekret");
  await page.getByText("The two are not the same").waitFor();
  await set("wrong", "another long secret", "another long secret");
  await page
    .getByRole("alert")
    .filter({ hasText: /password/i })
    .waitFor();
  await set(password, "another long secret", "another long secret");
  await said(page, "Your password was changed");
  const login = (secret: string) =>
    server.api("POST", "/auth/login", { token: null, body: { username: "ada", password: secret } });
  expect((await login(password)).status).toBe(401);
  expect((await login("another long secret")).status).toBe(200);
});

test("theme and language are chosen, at once and for the next time", async () => {
  const { page, go, problems } = console_;
  await go("/account/appearance");
  await page.getByLabel("Dark").check();
  expect(await page.locator("html").getAttribute("data-theme")).toBe("dark");
  await page.getByLabel("Deutsch").check();
  await page.getByRole("heading", { name: "Darstellung" }).waitFor();
  await page.reload();
  await page.getByRole("heading", { name: "Darstellung" }).waitFor();
  expect(await page.locator("html").getAttribute("data-theme")).toBe("dark");
  expect(await page.locator("html").getAttribute("lang")).toBe("de");
  await page.getByLabel("English").check();
  expect(problems).toEqual([]);
});

test("texts are copied on a page over plain HTTP too, which lacks the browser's clipboard", async () => {
  const { context, problems } = console_;
  const page = await context.newPage();
  await page.addInitScript("Object.defineProperty(navigator, 'clipboard', { value: undefined })");
  await page.goto(`${server.url}/#/blueprint`);
  await page.getByRole("button", { name: "Copy", exact: true }).click();
  await page.getByRole("button", { name: "Copied" }).waitFor();
  await page.goto(`${server.url}/#/account/variables`);
  await page.getByRole("button", { name: "Add variable" }).click();
  const value = page.getByLabel("Value");
  await value.focus();
  await page.keyboard.press("Control+v");
  expect(await value.inputValue()).toContain("# .k8shell.yaml in the root of a repository");
  expect(problems).toEqual([]);
  await page.close();
});

test("what is chosen in one window is seen in the others, and they do not take it back", async () => {
  const { context, page, go } = console_;
  await go("/account/appearance");
  const other = await context.newPage();
  await other.goto(`${server.url}/#/account/appearance`);
  await other.getByRole("heading", { name: "Appearance" }).waitFor();
  await page.getByLabel("Light", { exact: true }).check();
  await expect.poll(() => other.locator("html").getAttribute("data-theme")).toBe("light");
  await page.getByLabel("Dark", { exact: true }).check();
  await expect.poll(() => other.locator("html").getAttribute("data-theme")).toBe("dark");
  await expect.poll(() => other.getByLabel("Dark", { exact: true }).isChecked()).toBe(true);
  await other.close();
});
