import type { BrowserContext, Page } from "playwright-core";
import { fillSignIn, setAdminPassword } from "./console.ts";
import { eventually, type RunningServer } from "./harness.ts";

/** Signs the browser in as the administrator. */
export const signIn = async (
  context: BrowserContext,
  server: RunningServer,
  url = server.url,
): Promise<void> => {
  await setAdminPassword(server);
  const page = await context.newPage();
  await page.goto(url);
  await page.getByRole("link", { name: "Sign in" }).click();
  await fillSignIn(page, "admin");
  await page.getByRole("heading", { name: "Workspaces" }).waitFor();
  await page.close();
};

/** The text of a terminal, the first unless it is given. */
export const screenText = async (page: Page, terminal = 0): Promise<string> => {
  const rows = page.locator("[data-terminal]").nth(terminal).locator(".xterm-rows > div");
  return (await rows.allTextContents()).map((row) => row.trimEnd()).join("\n");
};

/** Waits until a terminal shows a text. */
export const screenShows = (page: Page, text: string, terminal = 0): Promise<true> =>
  eventually(async () => ((await screenText(page, terminal)).includes(text) ? true : undefined));

/** Types into a terminal that is open. */
export const typeInto = async (page: Page, text: string, terminal = 0): Promise<void> => {
  const place = page.locator("[data-terminal]").nth(terminal);
  await place.and(page.locator("[data-state=open]")).waitFor();
  await place.locator(".xterm-helper-textarea").focus();
  await page.keyboard.type(text);
};
