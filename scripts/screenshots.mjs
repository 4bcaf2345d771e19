// Takes pictures of the Console for the guides: `npm run screenshots` starts a platform of its own with something to see
// in it and writes docs/screenshots/<page>-<theme>.png. Smaller with pngquant on the PATH (Debian: pngquant).
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const out = join(root, "docs/screenshots");
const data = mkdtempSync(join(tmpdir(), "k8shell-screenshots-"));
const password = "correct horse battery";
const size = { width: 1200, height: 780 };

const startServer = () =>
  new Promise((done, failed) => {
    const child = spawn(process.execPath, [join(root, "dist/k8shell.mjs"), "--data", data, "--port", "0"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let text = "";
    child.stdout.on("data", (chunk) => {
      text += chunk;
      const url = /listening on (http:\S+)/.exec(text)?.[1];
      if (url) done({ url, child });
    });
    child.once("exit", (code) => failed(new Error(`the server ended with ${code}:\n${text}`)));
  });

const { url, child } = await startServer();
const token = readFileSync(join(data, "admin.token"), "utf8").trim();
const api = async (method, path, body) => {
  const response = await fetch(`${url}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: body && JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${text}`);
  return text === "" ? undefined : JSON.parse(text);
};

/** People, an organization, tokens and workspaces, as in a small team. */
const furnish = async () => {
  await api("PUT", "/me/password", { password });
  await api("PATCH", "/me/profile", { fullname: "Ada Lovelace", email: "ada@example.org" });
  await api("POST", "/organizations", { name: "analytical", description: "Engines" });
  for (const [username, fullname, org, roles] of [
    ["grace", "Grace Hopper", "default", ["developer"]],
    ["linus", "Linus Torvalds", "default", ["developer"]],
    ["olga", "Olga Ladyzhenskaya", "analytical", ["org-admin"]],
    ["alan", "Alan Turing", "analytical", ["developer"]],
  ]) {
    await api("POST", "/users", {
      username,
      fullname,
      org,
      roles,
      password,
      email: `${username}@example.org`,
    });
  }
  await api("PATCH", "/users/linus/profile", { locked: true });
  await api("POST", "/me/tokens", { name: "laptop", scopes: ["workspace:*:self", "session:list:self"] });
  await api("POST", "/me/envvars", { key: "EDITOR", value: "vim" });
  const { jobId, workspace } = await api("POST", "/workspaces", { username: "admin", blueprint: "dev" });
  for (;;) {
    const job = await api("GET", `/jobs/${jobId}`);
    if (job.status === "completed") break;
    await new Promise((next) => setTimeout(next, 100));
  }
  return workspace;
};

const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-3d-apis"],
});
try {
  await mkdir(out, { recursive: true });
  const workspace = await furnish();
  const login = await fetch(`${url}/api/v1/auth/login`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ username: "admin", password }),
  });
  const [name, value] = login.headers.get("set-cookie").split(";")[0].split("=");
  const pages = [
    ["workspaces", "/", "tr:has-text('Running')"],
    ["terminal", `/workspaces/${workspace}/terminal`, "[data-terminal] .xterm-rows"],
    ["apps", `/workspaces/${workspace}/apps`, "text=code-server"],
    ["details", `/workspaces/${workspace}/details`, "h1"],
    ["token", "/account/tokens/new", "summary"],
    ["users", "/admin/users", "tr:has-text('grace')"],
    ["blueprint", "/blueprint", "dd:has-text('preview')"],
    ["audit", "/admin/audit", "tr:has-text('user:read')"],
  ];
  for (const colorScheme of ["light", "dark"]) {
    const context = await browser.newContext({ viewport: size, colorScheme, locale: "en-US" });
    await context.addCookies([{ name, value, url }]);
    for (const [file, place, complete] of pages) {
      const page = await context.newPage();
      await page.goto(`${url}/#${place}`);
      await page.locator(complete).first().waitFor();
      if (file === "terminal") {
        await page.locator(".xterm-helper-textarea").first().focus();
        await page.keyboard.type("uname -sr; ls -la /\n");
        await page.locator(".xterm-rows:has-text('usr')").first().waitFor();
      }
      // Charts and lists that follow what happens have drawn by then.
      await page.waitForTimeout(1500);
      const path = join(out, `${file}-${colorScheme}.png`);
      await page.screenshot({ path, animations: "disabled", caret: "hide" });
      spawnSync("pngquant", ["--force", "--strip", "--output", path, "64", path], { stdio: "ignore" });
      process.stdout.write(`${path}\n`);
      await page.close();
    }
    await context.close();
  }
} finally {
  await browser.close();
  for (const { name } of await api("GET", "/workspaces?all=true"))
    await api("DELETE", `/workspaces/${name}?delete=true`);
  child.removeAllListeners("exit");
  child.kill("SIGTERM");
  await new Promise((ended) => child.once("exit", ended));
  rmSync(data, { recursive: true, force: true });
}
