import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchChromium } from "./chromium.ts";
import { type ConsolePage, createUser, openConsole, said, setAdminPassword } from "./console.ts";
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

beforeAll(async () => {
  [server, browser] = await Promise.all([startServerProcess(await newDataDir()), launchChromium()]);
  await setAdminPassword(server);
  await createUser(server, { username: "ada", fullname: "Ada Lovelace", roles: ["developer"] });
  admin = await openConsole(browser, server, "admin");
});
afterAll(async () => {
  await browser?.close();
  await discard(server);
});

const json = async <T>(path: string): Promise<T> => (await (await server.api("GET", path)).json()) as T;
/** Not by its role: while a window is open over the page, the page has none. */
const row = (name: string) => admin.page.locator("tr").filter({ hasText: name });
const dialog = () => admin.page.getByRole("dialog");

test("a user is created, found, given roles, locked and unlocked", async () => {
  const { page, go } = admin;
  await go("/admin/users");
  await page.getByRole("button", { name: "Create user" }).click();
  await dialog().getByLabel("Username").fill("grace");
  await dialog().getByLabel("Name", { exact: true }).fill("Grace Hopper");
  await dialog().getByRole("button", { name: "Create user" }).click();
  await page.getByRole("heading", { name: "Grace Hopper" }).waitFor();
  expect(await json("/users/grace/profile")).toMatchObject({ roles: ["developer"], sudo: false });

  await page.getByRole("button", { name: "Roles…" }).click();
  await dialog().getByLabel("org-admin").check();
  await dialog().getByLabel("developer").uncheck();
  await dialog().getByRole("button", { name: "Save" }).click();
  await said(page, "grace was saved");
  expect(await json("/users/grace/profile")).toMatchObject({ roles: ["org-admin"] });

  await page.getByRole("button", { name: "Lock" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Lock" }).click();
  await page.getByRole("button", { name: "Unlock" }).waitFor();
  expect(await json("/users/grace/profile")).toMatchObject({ account_locked: true });

  await page.getByRole("link", { name: "Users" }).first().click();
  await page.getByLabel("State").selectOption("locked");
  const listed = async () => [await row("grace").count(), await row("ada").count()];
  await expect.poll(listed).toEqual([1, 0]);
  await page.getByLabel("State").selectOption("");
  await page.getByRole("searchbox").fill("lovel");
  await expect.poll(listed).toEqual([0, 1]);
});

test("a reset link sets a password, once", async () => {
  const { page, go } = admin;
  await go("/admin/users/ada");
  await page.getByRole("button", { name: "More about ada" }).click();
  await page.getByRole("menuitem", { name: "Password reset link…" }).click();
  await dialog().getByRole("button", { name: "Make link" }).click();
  const link = (await dialog().locator("[data-secret]").textContent()) ?? "";
  const fresh = await browser.newContext();
  const hers = await fresh.newPage();
  await hers.goto(link);
  await hers.getByLabel("New password", { exact: true }).fill("chosen by herself");
  await hers.getByLabel("New password again").fill("chosen by herself");
  await hers.getByRole("button", { name: "Set password" }).click();
  const login = (secret: string) =>
    server.api("POST", "/auth/login", { token: null, body: { username: "ada", password: secret } });
  await eventually(async () => ((await login("chosen by herself")).status === 200 ? true : undefined));
  await fresh.close();
});

test("deleting a user says what becomes of their workspaces, and does that", async () => {
  const { page, go } = admin;
  await createUser(server, { username: "eve", roles: ["developer"] });
  const created = await server.api("POST", "/workspaces", { body: { username: "eve", blueprint: "dev" } });
  const { workspace } = (await created.json()) as { workspace: string };
  await go("/admin/users/eve");
  await page.getByRole("link", { name: workspace }).waitFor();
  await page.getByRole("button", { name: "More about eve" }).click();
  await page.getByRole("menuitem", { name: "Delete user…" }).click();
  await dialog().getByText("Their workspaces (1)").waitFor();
  await dialog().getByText(workspace).waitFor();
  await dialog().getByLabel("Delete them, and everything").check();
  await dialog().getByRole("button", { name: "Delete user…" }).click();
  await page.getByRole("heading", { name: "Users" }).waitFor();
  await row("ada").waitFor();
  await expect.poll(() => page.getByRole("link", { name: "eve", exact: true }).count()).toBe(0);
  await eventually(async () =>
    (await server.api("GET", `/workspaces/${workspace}`)).status === 404 ? true : undefined,
  );
});

test("an organization gets a description, variables and roles, and goes with its users moved", async () => {
  const { page, go } = admin;
  await go("/admin/organizations");
  await page.getByRole("button", { name: "Create organization" }).click();
  await dialog().getByLabel("Name").fill("acme");
  await dialog().getByLabel("Description").fill("Anvils");
  await dialog().getByRole("button", { name: "Create organization" }).click();
  await page.getByRole("link", { name: "acme" }).click();
  await page.getByRole("button", { name: "Add variable" }).click();
  await dialog().getByLabel("Name").fill("PROXY");
  await dialog().getByLabel("Value").fill("http://proxy.acme");
  await dialog().getByRole("button", { name: "Save" }).click();
  await row("PROXY").waitFor();
  expect(await json("/organizations/acme/envvars")).toMatchObject([
    { key: "PROXY", value: "http://proxy.acme" },
  ]);

  await createUser(server, { username: "wile", org: "acme" });
  await go("/admin/roles");
  await page.getByRole("combobox", { name: "Organization" }).selectOption("acme");
  await page.getByRole("button", { name: "Create role" }).click();
  await dialog().getByLabel("Name").fill("builder");
  await dialog().getByLabel(/^dev/).check();
  await dialog().getByRole("button", { name: "Save" }).click();
  await row("builder").waitFor();
  await page.getByRole("button", { name: "Change builder" }).click();
  await dialog().getByLabel("Description").fill("Builds anvils");
  await dialog().getByLabel(/^dev/).uncheck();
  await dialog().getByRole("button", { name: "Save" }).click();
  await row("Builds anvils").waitFor();
  const roles = await json<Array<{ name: string; blueprints: string[] }>>("/organizations/acme/roles");
  expect(roles.find(({ name }) => name === "builder")).toMatchObject({ blueprints: [] });
  // What every organization has is not to be changed here, and says why.
  expect(await page.getByRole("button", { name: "Change developer" }).getAttribute("aria-disabled")).toBe(
    "true",
  );

  await go("/admin/organizations/acme");
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await dialog().getByLabel("Its users").selectOption("default");
  await dialog().getByRole("button", { name: "Delete" }).click();
  await page.getByRole("heading", { name: "Organizations" }).waitFor();
  expect(await json("/users/wile/profile")).toMatchObject({ organization: "default" });
  expect((await server.api("GET", "/organizations/acme")).status).toBe(404);
});

test("an onboarding rule is made, changed and deleted", async () => {
  const { page, go } = admin;
  await go("/admin/onboarding");
  await page.getByRole("button", { name: "Create rule" }).first().click();
  await dialog().getByLabel("Provider").fill("*");
  await dialog().getByLabel("Username there").fill("acme-*");
  await dialog().getByLabel("Then").selectOption("waitlist");
  await dialog().getByLabel("developer").check();
  await dialog().getByRole("button", { name: "Save" }).click();
  await row("acme-*").getByText("Ask an administrator").waitFor();
  await page.getByRole("button", { name: "Change the rule for acme-*" }).click();
  await dialog().getByLabel("Then").selectOption("reject");
  await dialog().getByLabel("Note").fill("not any more");
  await dialog().getByRole("button", { name: "Save" }).click();
  await row("acme-*").getByText("Turn down").waitFor();
  await page.getByRole("button", { name: "Delete the rule for acme-*" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Delete" }).click();
  await row("acme-*").waitFor({ state: "detached" });
});

test("a blueprint is checked while it is typed, and an error is shown with its line", async () => {
  const { page, go } = admin;
  await go("/admin/blueprints");
  await page.getByRole("link", { name: "Build on dev" }).click();
  await page.getByText("The blueprint is right").waitFor();
  await page.getByRole("definition").filter({ hasText: "preview" }).waitFor();
  await page.getByLabel("Blueprint as YAML").click();
  await page.keyboard.press("Control+a");
  await page.keyboard.type("blueprint:\ntemplate: nope");
  await page.getByText("Line 1", { exact: true }).waitFor();
  await page.keyboard.press("Control+a");
  await page.keyboard.type("blueprint:\n  template: nope");
  await page.getByText("Line 2", { exact: true }).waitFor();
  await page.getByText("template nope does not exist").first().waitFor();
  await page.locator(".cm-lint-marker-error").waitFor();
  // What was typed is there after a reload.
  await page.goto("about:blank");
  await go("/blueprint");
  await page.getByText("template nope does not exist").first().waitFor();
});

test("the audit log is narrowed to denied requests of one user and tells all about one", async () => {
  const { page, go } = admin;
  await createUser(server, { username: "mallory", roles: ["developer"] });
  const mallory = await server.api("POST", "/users/mallory/tokens", { body: { name: "t", scopes: ["*"] } });
  const { token } = (await mallory.json()) as { token: string };
  expect((await server.api("GET", "/users/admin/profile", { token })).status).toBe(403);
  await go("/admin/audit");
  await page.getByLabel("Username").fill("mallory");
  await page.getByRole("button", { name: "Search" }).click();
  await page.getByLabel("Decision", { exact: true }).selectOption("denied");
  await eventually(async () => {
    await page.getByRole("button", { name: "Refresh" }).click();
    const rows = page.getByRole("row").filter({ hasText: "mallory" });
    return (await rows.filter({ hasText: "Denied" }).count()) === 1 ? true : undefined;
  });
  await page.getByRole("button", { name: /^Details of decision/ }).click();
  await dialog().getByRole("heading", { name: "user:read" }).waitFor();
  await dialog().getByText("data_type = profile").waitFor();
});

test("an open connection is seen and closed", async () => {
  const { page, go } = admin;
  await go("/new");
  await page.getByLabel("Blueprint", { exact: true }).last().selectOption("dev");
  await page.getByRole("button", { name: "Create workspace" }).click();
  await page.getByRole("link", { name: "Open it" }).waitFor();
  const [workspace] = await json<Array<{ name: string }>>("/workspaces?username=admin");
  const socket = new WebSocket(
    `${server.url.replace("http", "ws")}/api/v1/workspaces/${workspace?.name}/interactive`,
    {
      headers: { authorization: `Bearer ${await server.adminToken()}` },
      protocols: ["cloudshell-v1"],
    } as never,
  );
  const closed = new Promise<number>((done) => socket.addEventListener("close", ({ code }) => done(code)));
  await go("/admin/connections");
  await row("Terminal").filter({ hasText: "Token" }).getByRole("button", { name: "Close" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Close" }).click();
  await said(page, "The connection was closed");
  expect(await closed).toBe(1008);
});

test("whoever looks on at a terminal sees what is in it, and what they type goes nowhere", async () => {
  await createUser(server, { username: "finn", fullname: "Finn", roles: ["developer"] });
  const { workspace } = await createWorkspace(server, { username: "finn", blueprint: "dev" });
  /** What a page of its own sends to terminals. */
  const open = async (username: string) => {
    const opened = await openConsole(browser, server, username);
    const sent: string[] = [];
    opened.page.on("websocket", (socket) =>
      socket.on("framesent", ({ payload }) => sent.push(payload.toString())),
    );
    await opened.go(`/workspaces/${workspace}/terminal`);
    return { ...opened, sent };
  };
  const owner = await open("finn");
  await typeInto(owner.page, "echo own-$((40+2)) '~~~'\n");
  await screenShows(owner.page, "own-42 ~~~");

  const viewer = await open("admin");
  await viewer.page.getByRole("button", { name: /^All terminals/ }).click();
  const list = viewer.page.getByRole("dialog");
  await list
    .getByRole("listitem")
    .filter({ hasText: "finn" })
    .getByRole("button", { name: "Look on" })
    .click();
  await viewer.page.getByText("what you type goes nowhere").waitFor();
  await screenShows(viewer.page, "own-42");
  await typeInto(viewer.page, "%%%\n");
  await typeInto(owner.page, "echo more-$((40+2))\n");
  await screenShows(viewer.page, "more-42");
  await screenShows(owner.page, "more-42");
  expect(await screenText(owner.page)).not.toContain("%");
  expect(owner.sent.join("")).toContain("~");
  expect(viewer.sent.join("")).not.toContain("%");
  expect([...owner.problems, ...viewer.problems]).toEqual([]);
  await Promise.all([owner.context.close(), viewer.context.close()]);
});

test("a terminal on several screens has the size of the one that is typed into, and whoever looks on sees all of it", async () => {
  await createUser(server, { username: "kim", fullname: "Kim", roles: ["developer"] });
  const { workspace } = await createWorkspace(server, { username: "kim", blueprint: "dev" });
  const open = async (username: string, width: number, height: number) => {
    const opened = await openConsole(browser, server, username, { viewport: { width, height } });
    await opened.go(`/workspaces/${workspace}/terminal`);
    return opened;
  };
  const desktop = await open("kim", 1280, 720);
  const phone = await open("kim", 390, 700);
  const viewer = await open("admin", 600, 500);
  let asked = 0;
  /** Rows and columns, asked for by typing in this page. */
  const sizeAt = async (page: Page): Promise<readonly [number, number]> => {
    asked += 1;
    await typeInto(page, `echo size-${asked}: $(stty size).\n`);
    const answer = new RegExp(`size-${asked}: (\\d+) (\\d+)\\.`);
    return eventually(async () => {
      const [, rows, cols] = answer.exec((await screenText(page)).replaceAll("\n", "")) ?? [];
      return rows === undefined ? undefined : [Number(rows), Number(cols)];
    });
  };
  /** Opens the terminal of the first page in another one. */
  const join = async (page: Page, how: string) => {
    await page.getByRole("button", { name: /^All terminals/ }).click();
    await page.getByRole("dialog").getByRole("button", { name: how }).first().click();
  };
  const rowsAt = (page: Page) => page.locator(".xterm-rows > div");

  const large = await sizeAt(desktop.page);
  await join(phone.page, "Attach");
  const small = await sizeAt(phone.page);
  expect(small[1]).toBeLessThan(large[1]);
  await expect.poll(() => rowsAt(desktop.page).count()).toBe(small[0]);
  // Whoever comes back to the desktop has all of its window again.
  expect(await sizeAt(desktop.page)).toEqual(large);

  await join(viewer.page, "Look on");
  const note = viewer.page.getByText("what you type goes nowhere");
  const screen = viewer.page.locator(".xterm-screen");
  const pane = viewer.page.locator("[data-terminal]");
  for (const height of [500, 400, 460]) {
    await viewer.page.setViewportSize({ width: 700, height });
    await expect.poll(() => rowsAt(viewer.page).count()).toBe(large[0]);
    await expect
      .poll(async () => {
        const [above, all, place] = await Promise.all([note, screen, pane].map((part) => part.boundingBox()));
        if (!above || !all || !place) return "not there";
        return (
          all.y >= above.y + above.height &&
          all.y + all.height <= place.y + place.height &&
          all.width <= place.width
        );
      })
      .toBe(true);
  }
  expect(await sizeAt(desktop.page)).toEqual(large);
  expect([...desktop.problems, ...phone.problems, ...viewer.problems]).toEqual([]);
  await Promise.all([desktop, phone, viewer].map(({ context }) => context.close()));
});

test("whoever administers nothing sees no administration, and is refused where they go by address", async () => {
  await createUser(server, { username: "dev", fullname: "Dev", roles: ["developer"] });
  const { page, go, context, problems } = await openConsole(browser, server, "dev");
  await go("/account/profile");
  await page.getByRole("button", { name: "Account of Dev" }).waitFor();
  await page.getByRole("link", { name: "SSH keys" }).waitFor();
  expect(await page.getByRole("link", { name: "Administration" }).count()).toBe(0);
  await go("/admin/audit");
  await page.getByRole("alert").waitFor();
  expect(problems).toEqual([]);
  await context.close();
});

test("whoever administers one organization sees what is theirs to do, with the reason for what is not", async () => {
  await server.api("POST", "/organizations", { body: { name: "labs" } });
  await createUser(server, { username: "olga", fullname: "Olga", org: "labs", roles: ["org-admin"] });
  await createUser(server, { username: "sofia", org: "labs", roles: ["developer"] });
  const { page, go, context, problems } = await openConsole(browser, server, "olga");
  await go("/admin/users");
  await page.getByRole("row").filter({ hasText: "sofia" }).waitFor();
  expect(await page.getByRole("row").filter({ hasText: "ada" }).count()).toBe(0);
  await go("/admin/organizations");
  const create = page.getByRole("button", { name: "Create organization" });
  await eventually(async () => ((await create.getAttribute("aria-disabled")) === "true" ? true : undefined));
  expect(await create.getAttribute("title")).toBe("You are not allowed to create this organization.");
  await create.click({ force: true });
  expect(await page.getByRole("dialog").count()).toBe(0);
  await go("/admin/users/sofia");
  await page.getByRole("button", { name: "Roles…" }).click();
  expect(await page.getByLabel("org-admin").isEnabled()).toBe(true);
  expect(await page.getByLabel(/^admin/).isEnabled()).toBe(false);
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Lock" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Lock" }).click();
  await page.getByRole("button", { name: "Unlock" }).waitFor();
  expect(await json("/users/sofia/profile")).toMatchObject({ account_locked: true });
  expect(problems).toEqual([]);
  await context.close();
});

test("the pages of the administration cause no errors in the browser", () => {
  expect(admin.problems).toEqual([]);
});
