import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type FakeGithub, githubClient, startFakeGithub } from "../../packages/platform/test/fakes/github.ts";
import { launchChromium } from "./chromium.ts";
import { axeFindings, openConsole, said, setAdminPassword, watchProblems } from "./console.ts";
import { discard, eventually, newDataDir, type RunningServer, startServerProcess } from "./harness.ts";

// Each is a whole journey in a browser.

let server: RunningServer;
let browser: Browser;
let github: FakeGithub;
let stopGithub = async () => {};

const idp = "idp.k8shell.io/github";

beforeAll(async () => {
  github = await startFakeGithub((stop) => {
    stopGithub = stop;
  });
  const dataDir = await newDataDir();
  const config = join(dataDir, "config.yaml");
  await writeFile(
    config,
    JSON.stringify({
      identity: {
        providers: [
          { type: "local" },
          {
            type: "github",
            baseUrl: github.origin,
            apiUrl: `${github.origin}/api`,
            clientId: githubClient.id,
            clientSecret: githubClient.secret,
            allowInsecure: true,
          },
        ],
        onboardRules: [{ idp, action: "waitlist", roles: "developer" }],
      },
    }),
  );
  [server, browser] = await Promise.all([
    startServerProcess(dataDir, ["--config", config]),
    launchChromium(),
  ]);
  await setAdminPassword(server);
});
afterAll(async () => {
  await browser?.close();
  await discard(server);
  await stopGithub();
});

/** Whoever sits at the browser has this account at the provider. */
const become = (id: number, login: string, name: string) => {
  github.account = { id, login, name, email: `${login.toLowerCase()}@x.test`, verified: true };
};

const newPage = async (): Promise<Page> => (await browser.newContext({ locale: "en-US" })).newPage();

/** Signs in with the provider, whose site agrees at once. */
const signIn = async (page: Page) => {
  await page.goto(`${server.url}/#/sign-in`);
  await page.getByRole("link", { name: "Sign in with github" }).click();
};

test("whoever waits to be let in is approved or rejected by an administrator", async () => {
  const { page: admin, context, go, problems } = await openConsole(browser, server, "admin");
  const visitor = await newPage();
  become(7, "Kraken", "Kay Raken");
  await signIn(visitor);
  await visitor.getByText("waits for approval").waitFor();
  become(42, "Octo", "Octo Cat");
  await signIn(visitor);
  await visitor.getByText("waits for approval").waitFor();

  await go("/admin/onboarding");
  const pending = admin.getByRole("region", { name: "Waiting for approval" });
  await pending.getByText("Kay Raken").waitFor();
  await pending.getByText("octo@x.test").waitFor();
  await pending.getByRole("button", { name: "Reject kraken" }).click();
  const note = admin.getByRole("dialog");
  await note.getByLabel("Note").fill("Not one of us");
  await note.getByRole("button", { name: "Reject" }).click();
  await pending.getByText("Kay Raken").waitFor({ state: "detached" });
  await pending.getByRole("button", { name: "Approve octo" }).click();
  await admin.getByRole("alertdialog").getByRole("button", { name: "Approve" }).click();
  await pending.waitFor({ state: "detached" });
  await admin.getByRole("row").filter({ hasText: "kraken" }).getByText("Not one of us").waitFor();

  await signIn(visitor);
  await visitor.getByRole("button", { name: "Account of Octo Cat" }).waitFor();
  expect(await (await server.api("GET", "/users/octo/profile")).json()).toMatchObject({
    roles: ["developer"],
    source: idp,
  });
  become(7, "Kraken", "Kay Raken");
  const rejected = await newPage();
  await signIn(rejected);
  await rejected.getByRole("heading", { name: "You are not signed in" }).waitFor();
  expect((await server.api("GET", "/users/kraken/profile")).status).toBe(404);
  expect(problems).toEqual([]);
  await Promise.all([context.close(), visitor.context().close(), rejected.context().close()]);
});

test("a session that ended is renewed with the provider in another tab, and the page goes on", async () => {
  become(42, "Octo", "Octo Cat");
  const page = await newPage();
  const context = page.context();
  await signIn(page);
  await page.getByRole("button", { name: "Account of Octo Cat" }).waitFor();
  await page.goto(`${server.url}/#/account/profile`);
  await page.getByLabel("Name", { exact: true }).fill("Typed before the end");
  await context.clearCookies();
  await page.getByRole("button", { name: "Save" }).click();
  const dialog = page.getByRole("alertdialog", { name: "Your session has ended" });
  const opened = context.waitForEvent("page");
  await dialog.getByRole("link", { name: "Sign in with github" }).click();
  const tab = await opened;
  // It was only for signing in, and closes when that is done.
  await eventually(() => tab.isClosed() || undefined);
  // The first tab learns of it by itself, and what waited there goes through.
  await said(page, "Your profile was saved");
  await eventually(async () => ((await dialog.count()) === 0 ? true : undefined));
  expect(await page.getByLabel("Name", { exact: true }).inputValue()).toBe("Typed before the end");
  expect(await (await server.api("GET", "/users/octo/profile")).json()).toMatchObject({
    fullname: "Typed before the end",
  });
  await context.close();
});

test("a workspace is made from a repository that the provider lists", async () => {
  become(42, "Octo", "Octo Cat");
  const page = await newPage();
  const problems = watchProblems(page);
  await signIn(page);
  await page.getByRole("link", { name: "Create workspace" }).first().click();
  await page.getByLabel("Git repository").check();
  const find = page.getByRole("combobox", { name: "Repository" });
  // One's own come first.
  await page.getByRole("option", { name: "dotfiles" }).waitFor();
  await page.getByLabel("Owner").selectOption("acme");
  await page.getByRole("option", { name: "portal" }).waitFor();
  await expect.poll(() => page.getByRole("option", { name: "dotfiles" }).count()).toBe(0);
  await find.fill("nowhere");
  await page.getByText("Not in the list").waitFor();
  await find.fill("port");
  await find.press("Enter");
  await page.getByText("acme/portal").waitFor();
  await page.getByRole("button", { name: "Choose another" }).and(page.locator(":focus")).waitFor();
  expect(await axeFindings(page)).toEqual([]);
  const asked = page.waitForResponse((response) => response.url().endsWith("/api/v1/workspaces"));
  await page.getByRole("button", { name: "Create workspace" }).click();
  const response = await asked;
  expect(response.request().postDataJSON()).toMatchObject({ repoOwner: "acme", repoName: "portal" });
  expect(response.status(), await response.text()).toBe(202);

  // Somebody else's repository is named by hand.
  await page.getByLabel("Owner").selectOption("Another…");
  await page.getByLabel("Other owner").fill("someone");
  await page.getByLabel("Repository", { exact: true }).fill("public-thing");
  expect(problems).toEqual([]);
  await page.context().close();
});
