import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchChromium } from "./chromium.ts";
import { axeFindings, type ConsolePage, createUser, openConsole, setAdminPassword } from "./console.ts";
import { screenShows, screenText, typeInto } from "./console-browser.ts";
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
let admin: ConsolePage;
let workspace: string;

beforeAll(async () => {
  [server, browser] = await Promise.all([startServerProcess(await newDataDir()), launchChromium()]);
  await setAdminPassword(server);
  await createUser(server, { username: "ada", fullname: "Ada Lovelace", roles: ["developer"] });
  const make = (path: string, body: unknown) => server.api("POST", path, { body });
  await make("/me/tokens", { name: "laptop", scopes: ["workspace:*:self"] });
  await make("/me/envvars", { key: "EDITOR", value: "vim" });
  await make("/me/envvars", { key: "API_KEY", value: "x", isSecret: true });
  await make("/me/credentials/git", { scope: "https://git.example.org", subject: "ada", secret: "x" });
  await make("/me/keys", {
    keys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl ada@laptop"],
  });
  await make("/organizations", { name: "acme", description: "Anvils" });
  await make("/organizations/default/onboard-rules", {
    idp: "*",
    usernamePattern: "acme-*",
    action: "waitlist",
  });
  ({ workspace } = await createWorkspace(server, { username: "admin", blueprint: "dev" }));
  await make(`/workspaces/${workspace}/files/mkdir?path=empty`, undefined);
  admin = await openConsole(browser, server, "admin");
});
afterAll(async () => {
  await browser?.close();
  await discard(server);
});

/** What axe-core finds on a page in each theme, by `name` and theme, is added to `found`. */
const lookAt = async (page: Page, name: string, found: Record<string, string[]>): Promise<void> => {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.locator(`html[data-theme=${colorScheme}]`).waitFor();
    const findings = await axeFindings(page);
    if (findings.length > 0) found[`${name} ${colorScheme}`] = findings;
  }
};

/** Every page, and what is there when it is complete. */
const pages: ReadonlyArray<readonly [place: string, complete: string]> = [
  ["/", "tr:has-text('Running')"],
  ["/new", "select[name=blueprint]"],
  ["/account/profile", "input[name=email]"],
  ["/account/appearance", "input[type=radio]"],
  ["/account/password", "input[name=again]"],
  ["/account/tokens", "tr:has-text('laptop')"],
  ["/account/tokens/new", "summary"],
  ["/account/keys", "tr:has-text('ada@laptop')"],
  ["/account/credentials", "tr:has-text('git.example.org')"],
  ["/account/variables", "tr:has-text('EDITOR')"],
  ["/account/connections", "tr:has-text('Events')"],
  ["/admin/users", "tr:has-text('ada')"],
  ["/admin/users/ada", "dd:has-text('developer')"],
  ["/admin/organizations", "tr:has-text('acme')"],
  ["/admin/organizations/acme", "h2:has-text('Environment variables')"],
  ["/admin/roles", "tr:has-text('org-admin')"],
  ["/admin/onboarding", "tr:has-text('acme-*')"],
  ["/admin/blueprints", "tr:has-text('dev')"],
  ["/admin/audit", "tr:has-text('user:read')"],
  ["/admin/connections", "tr:has-text('Events')"],
  ["/blueprint", "dd:has-text('preview')"],
  ["/workspaces/NAME/terminal", "[data-terminal][data-state=open]"],
  ["/workspaces/NAME/details", "[role=img] canvas"],
  ["/workspaces/NAME/apps", "text=code-server"],
  ["/workspaces/NAME/sessions", "h2"],
];

test("every page meets WCAG 2.2 AA in both themes, as axe-core sees it", async () => {
  const { page, go } = admin;
  const found: Record<string, string[]> = {};
  // Colours that are on their way from one theme to the other are nobody's.
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
  for (const [place, complete] of pages) {
    await go(place.replace("NAME", workspace));
    await page.locator(complete).first().waitFor();
    await lookAt(page, place, found);
  }
  expect(found).toEqual({});
});

test("windows over the page meet it too", async () => {
  const { page, go } = admin;
  const found: Record<string, string[]> = {};
  const look = async (name: string) => {
    await lookAt(page, name, found);
    await page.keyboard.press("Escape");
  };
  await go("/admin/users");
  await page.getByRole("button", { name: "Create user" }).click();
  await page.getByRole("dialog").getByLabel("developer").waitFor();
  await look("create user");
  await go("/account/credentials");
  await page.getByRole("button", { name: "Add credential" }).click();
  await page.getByRole("dialog").waitFor();
  await look("add credential");
  await page.getByRole("button", { name: "Delete https://git.example.org" }).click();
  await page.getByRole("alertdialog").waitFor();
  await look("confirm");
  await page.getByRole("button", { name: /^Account of/ }).click();
  await page.getByRole("menu").waitFor();
  await look("account menu");
  await page.keyboard.press("Control+k");
  await page.getByPlaceholder("Type a name…").waitFor();
  await look("palette");
  await go("/admin/audit");
  await page
    .getByRole("button", { name: /^Details of decision/ })
    .first()
    .click();
  await page.getByRole("dialog").waitFor();
  await look("audit detail");
  await go(`/workspaces/${workspace}/terminal`);
  await page.locator("[data-terminal][data-state=open]").waitFor();
  await page.getByRole("tree").getByRole("treeitem", { name: "empty" }).click({ button: "right" });
  await page.getByRole("menu").waitFor();
  await look("menu of a directory");
  await page.getByRole("tree").waitFor();
  await look("files");
  await page.getByRole("treeitem", { name: "empty" }).click({ button: "right" });
  await page.getByRole("menuitem", { name: "Go there" }).first().click();
  await page.getByRole("status").getByText("Empty", { exact: true }).waitFor();
  await look("an empty directory");
  await page.getByRole("tab").first().press("F2");
  await page.getByLabel("Name of the terminal").waitFor();
  await look("name of a terminal");
  await page.locator("[role=tab]:focus").waitFor();
  expect(found).toEqual({});
});

test("the page for signing in meets it, and so does the one after a session ended", async () => {
  const context = await browser.newContext({ locale: "de-DE" });
  const page = await context.newPage();
  await page.goto(`${server.url}/#/sign-in?ended=expired`);
  await page.getByRole("link", { name: "Anmelden" }).waitFor();
  expect(await axeFindings(page)).toEqual([]);
  await page.emulateMedia({ colorScheme: "dark" });
  expect(await axeFindings(page)).toEqual([]);
  await context.close();
});

test("no page is wider than a phone of 360 pixels", async () => {
  const { page, go, context } = await openConsole(browser, server, "admin", {
    viewport: { width: 360, height: 720 },
    hasTouch: true,
    isMobile: true,
  });
  const wide: Record<string, number> = {};
  for (const [place, complete] of pages) {
    await go(place.replace("NAME", workspace));
    await page.locator(complete).first().waitFor({ state: "attached" });
    const width = (await page.evaluate("document.documentElement.scrollWidth")) as number;
    if (width > 360) wide[place] = width;
  }
  expect(wide).toEqual({});
  await go("/account/tokens");
  await page.getByRole("link", { name: "Create token" }).tap();
  await page.getByLabel("Name", { exact: true }).fill("phone");
  await page.getByRole("button", { name: "Create token" }).tap();
  await page.locator("[data-secret]").waitFor();
  await context.close();
});

test("what is chosen in a row that is wider than a phone is in view", async () => {
  const { page, go, context } = await openConsole(browser, server, "admin", {
    viewport: { width: 360, height: 720 },
    hasTouch: true,
    isMobile: true,
  });
  /** Waits until all of an element is within what its row shows. */
  const inView = (selector: string) =>
    expect
      .poll(
        () =>
          page.evaluate(`(() => {
            const chosen = document.querySelector(${JSON.stringify(selector)});
            const row = chosen?.closest(".overflow-x-auto, nav");
            if (!row) return "not there";
            const [seen, wanted] = [row.getBoundingClientRect(), chosen.getBoundingClientRect()];
            return wanted.width > 0 && wanted.left > seen.left - 1 && wanted.right < seen.right + 1 ? "in view" : "out of view";
          })()`),
        { timeout: 20_000, message: selector },
      )
      .toBe("in view");

  // The last of its row, then the first; and as the page that is opened.
  await go("/account/connections");
  await inView('a[aria-current][href$="/account/connections"]');
  await go("/account/profile");
  await inView('a[aria-current][href$="/account/profile"]');
  await go("/admin/audit");
  await inView('a[aria-current][href$="/admin/audit"]');

  await go(`/workspaces/${workspace}/details`);
  await inView('a[aria-current][href$="/details"]');
  await go(`/workspaces/${workspace}/terminal`);
  const tabs = page.getByRole("tablist", { name: "Terminals" }).getByRole("tab");
  await tabs.first().waitFor();
  for (let count = await tabs.count(); count < 4; count += 1) {
    await page.getByRole("button", { name: "New terminal" }).tap();
    await tabs.nth(count).waitFor();
  }
  await inView("[role=tab][aria-selected=true]:nth-child(4)");
  await page.reload();
  await inView("[role=tab][aria-selected=true]:nth-child(4)");
  await context.close();
});

test("the bar that finds text in a terminal is whole on a phone", async () => {
  const { page, go, context } = await openConsole(browser, server, "admin", {
    viewport: { width: 360, height: 640 },
  });
  await go(`/workspaces/${workspace}/terminal`);
  await typeInto(page, "echo up-$((40+2))\n");
  await screenShows(page, "up-42");
  await page.getByRole("button", { name: "Find", exact: true }).click();
  await page.getByRole("textbox", { name: "Find", exact: true }).fill("up-42");
  await page.getByText("1 / 1").waitFor();
  for (const part of [page.getByRole("textbox", { name: "Find", exact: true }), page.getByRole("search")]) {
    const box = await part.boundingBox();
    expect(box?.x).toBeGreaterThanOrEqual(0);
    expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(360);
    expect(box?.width).toBeGreaterThan(60);
  }
  await context.close();
});

test("a touch screen has the keys that its keyboard lacks, and keeps its keyboard", async () => {
  const { page, go, context, problems } = await openConsole(browser, server, "admin", {
    viewport: { width: 820, height: 1180 },
    hasTouch: true,
    isMobile: true,
  });
  await go(`/workspaces/${workspace}/terminal`);
  const keys = page.getByRole("toolbar", { name: "Keys" });
  const tap = (name: string) => keys.getByRole("button", { name, exact: true }).tap();
  /** As the keyboard on the screen types: without keys. */
  const insert = (text: string) => page.keyboard.insertText(text);
  /** Waits until some last lines are on the screen; what is typed earlier is read by whoever comes first. */
  const ends = (lines: RegExp) =>
    eventually(async () => (lines.test((await screenText(page)).trimEnd()) ? true : undefined));
  const prompt = "[^\\n]*\\$$";

  // Short enough for one line each.
  await typeInto(page, ">long-name; echo up-$((40+2))\n");
  await ends(new RegExp(`\\nup-42\\n${prompt}`));
  await insert("ls lo");
  await tap("Tab");
  await ends(/ls long-name$/);
  await page.keyboard.press("Enter");
  await ends(new RegExp(`\\nlong-name\\n${prompt}`));
  await tap("Up");
  await tap("Up");
  await ends(/echo up-\$\(\(40\+2\)\)$/);
  await page.keyboard.press("Enter");
  await ends(new RegExp(`\\nup-42\\n${prompt}`));

  await insert("sh -c 'echo begun; exec sleep 99'");
  await page.keyboard.press("Enter");
  await ends(/\nbegun$/);
  await tap("Ctrl");
  await keys.getByRole("button", { name: "Ctrl", pressed: true }).waitFor();
  await insert("c");
  await ends(new RegExp(`\\n\\^C\\n${prompt}`));
  // It holds for one key only.
  await keys.getByRole("button", { name: "Ctrl", pressed: false }).waitFor();
  await insert("echo press; read -rsn1 key; printf 'got-%q\\n' \"$key\"");
  await page.keyboard.press("Enter");
  await ends(/\npress$/);
  await tap("Esc");
  await ends(new RegExp(`got-\\$'\\\\E'\\n${prompt}`));
  expect(await page.evaluate("document.activeElement?.className")).toContain("xterm-helper-textarea");
  expect(await axeFindings(page)).toEqual([]);
  expect(problems).toEqual([]);
  await context.close();

  await admin.go(`/workspaces/${workspace}/terminal`);
  await admin.page.locator("[data-terminal][data-state=open]").first().waitFor();
  expect(await admin.page.getByRole("toolbar", { name: "Keys" }).count()).toBe(0);
});

test("whoever wants less motion gets none", async () => {
  const { page, go } = admin;
  await page.emulateMedia({ reducedMotion: "reduce" });
  await go("/");
  await page.getByRole("heading", { name: "Workspaces" }).waitFor();
  const moving = await page.evaluate(
    `[...document.querySelectorAll("*")].filter((element) => {
      const { animationDuration, transitionDuration } = getComputedStyle(element);
      return [animationDuration, transitionDuration].some((text) => text.split(",").some((part) => parseFloat(part) > 0.01));
    }).map((element) => element.outerHTML.slice(0, 120))`,
  );
  expect(moving).toEqual([]);
});
