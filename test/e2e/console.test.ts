import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchChromium } from "./chromium.ts";
import { fillSignIn, setAdminPassword, watchProblems } from "./console.ts";
import { screenShows, typeInto } from "./console-browser.ts";
import { discard, eventually, newDataDir, type RunningServer, startServerProcess } from "./harness.ts";

let server: RunningServer;
let browser: Browser;

beforeAll(async () => {
  server = await startServerProcess(await newDataDir());
  browser = await launchChromium();
});
afterAll(async () => {
  await browser?.close();
  await discard(server);
});

test("a person signs in, creates a workspace, types in its terminal, and finds the same shell after a reload", async () => {
  const page = await browser.newPage();
  const problems = watchProblems(page);
  await page.goto(server.url);
  await page.getByRole("heading", { name: "Sign in to k8shell" }).waitFor();
  await page.goto(/http:\/\/\S+\/signin\/once\?token=\S+/.exec(server.output())?.[0] ?? "");
  await page.getByRole("heading", { name: "Workspaces" }).waitFor();

  await page.getByRole("link", { name: "Create workspace" }).click();
  await page.getByLabel("Blueprint", { exact: true }).last().selectOption("dev");
  await page.getByRole("button", { name: "Create workspace" }).click();
  await page.getByRole("link", { name: "Open it" }).click();
  await typeInto(page, "WHO=me; echo sum-$((20+22))\n");
  await screenShows(page, "sum-42");

  await page.reload();
  await screenShows(page, "sum-42");
  await typeInto(page, "echo who-$WHO\n");
  await screenShows(page, "who-me");

  await page.getByRole("link", { name: "Workspaces" }).click();
  await page.getByRole("button", { name: "Account of Administrator" }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in to k8shell" }).waitFor();
  expect(problems).toEqual([]);
});

test("after signing in one is back at the place that was asked for", async () => {
  await setAdminPassword(server);
  const page = await browser.newPage();
  await page.goto(`${server.url}/#/new`);
  await page.getByRole("link", { name: "Sign in" }).click();
  await fillSignIn(page, "admin");
  await page.getByRole("heading", { name: "Create a workspace" }).waitFor();
});

test("the page is sent compressed, may be kept where it cannot change, and lets no script make markup from text", async () => {
  const response = await fetch(server.url, { headers: { "accept-encoding": "gzip, br;q=0" } });
  expect(response.headers.get("content-encoding")).toBe("gzip");
  expect(response.headers.get("cache-control")).toBe("no-cache");
  expect(response.headers.get("content-security-policy")).toContain("require-trusted-types-for 'script'");
  const [, script] = /src="\.(\/assets\/[^"]+\.js)"/.exec(await response.text()) ?? [];
  const asset = await fetch(`${server.url}${script}`, { headers: { "accept-encoding": "br" } });
  expect(asset.headers.get("content-encoding")).toBe("br");
  expect(asset.headers.get("cache-control")).toContain("immutable");
  const plain = await fetch(`${server.url}${script}`, { headers: { "accept-encoding": "identity" } });
  expect(plain.headers.get("content-encoding")).toBeNull();
  expect(await plain.text()).toBe(await asset.text());
});

test("the API reference page shows the endpoints", async () => {
  const page = await browser.newPage();
  await page.goto(`${server.url}/docs`);
  await page.getByText("/api/v1/healthcheck").click();
  await page.getByText("Responses", { exact: true }).first().waitFor();
  // The page draws what is in sight only.
  await eventually(async () => {
    await page.mouse.wheel(0, 600);
    return (await page.getByText("/api/v1/workspaces/{name}").count()) > 0 ? true : undefined;
  });
});
