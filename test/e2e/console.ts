import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { expect } from "vitest";
import { eventually, type RunningServer } from "./harness.ts";

export const password = "a long enough secret";

/** What the browser itself reports of a request that found nobody signed in. */
const nobodySignedIn = (text: string) => text.includes("401");

/**
 * Notes errors that scripts of a page throw and what it writes to the console as an error.
 *
 * @param ignored what written there is none
 */
export const watchProblems = (page: Page, ignored = nobodySignedIn): string[] => {
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" && !ignored(message.text())) problems.push(message.text());
  });
  return problems;
};

/** Fills in the form for signing in, and sends it. */
export const fillSignIn = async (page: Page, username: string, secret = password): Promise<void> => {
  await page.getByLabel("Username").fill(username);
  await page.getByLabel("Password").fill(secret);
  await page.getByRole("button", { name: "Sign in" }).click();
};

/** Signs in without the sign-in page: the cookie of a session of its own. */
const sessionCookie = async (server: RunningServer, username: string) => {
  const response = await fetch(`${server.url}/api/v1/auth/login`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ username, password }),
  });
  expect(response.status, await response.text()).toBe(200);
  const [pair = ""] = (response.headers.get("set-cookie") ?? "").split(";");
  const [name = "", ...value] = pair.split("=");
  return { name, value: value.join("="), url: server.url };
};

export interface ConsolePage {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Errors that scripts of the page threw and what it wrote to the console as an error. */
  readonly problems: string[];
  /** Goes to a place within the Console, e.g. `/account/tokens`. */
  go(place: string): Promise<void>;
}

/** A page of the Console in a browser profile of its own, signed in as `username` (whose password is `password`). */
export const openConsole = async (
  browser: Browser,
  server: RunningServer,
  username: string,
  options: BrowserContextOptions = {},
): Promise<ConsolePage> => {
  const context = await browser.newContext({ locale: "en-US", ...options });
  await context.addCookies([await sessionCookie(server, username)]);
  const page = await context.newPage();
  return {
    context,
    page,
    // The browser itself reports answers of 400 and more.
    problems: watchProblems(page, (text) => text.startsWith("Failed to load resource")),
    go: async (place) => {
      await page.goto(`${server.url}/#${place}`);
    },
  };
};

const axePath = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
let axeSource: Promise<string> | undefined;

/** What axe-core finds against WCAG 2.2 A and AA on the page as it is now, one line for each element. */
export const axeFindings = async (page: Page): Promise<string[]> => {
  axeSource ??= readFile(axePath, "utf8");
  if (!(await page.evaluate("'axe' in window"))) await page.evaluate(await axeSource);
  const run = `axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], resultTypes: ["violations"] })
    .then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => id + ": " + html.slice(0, 200) + " " + failureSummary)))`;
  return (await page.evaluate(run)) as string[];
};

/** Waits until a text is in the page's list of toasts. */
export const said = (page: Page, text: string): Promise<void> =>
  page.getByText(text, { exact: true }).first().waitFor();

/** The answer of the API once it is as wanted. */
export const apiUntil = <T>(
  server: RunningServer,
  path: string,
  wanted: (answer: T) => boolean,
): Promise<T> =>
  eventually(async () => {
    const response = await server.api("GET", path);
    const answer = (await response.json()) as T;
    return response.ok && wanted(answer) ? answer : undefined;
  });

/** Makes a user whose password is `password`. */
export const createUser = async (
  server: RunningServer,
  user: { username: string; fullname?: string; org?: string; roles?: string[] },
): Promise<void> => {
  const response = await server.api("POST", "/users", { body: { password, ...user } });
  expect(response.status, await response.text()).toBe(201);
};

/** Gives the administrator of a new installation the password `password`. */
export const setAdminPassword = async (server: RunningServer): Promise<void> => {
  const response = await server.api("PUT", "/me/password", { body: { password } });
  expect(response.status, await response.text()).toBe(200);
};
