import { afterAll, beforeAll, expect, test } from "vitest";
import { type CloudshellClient, openCloudshell } from "./cloudshell-client.ts";
import {
  asServer,
  bundle,
  createWorkspace,
  discard,
  eventually,
  newDataDir,
  type RunningServer,
} from "./harness.ts";
import { type Replicas, startReplicas } from "./replicas.ts";

/** What replicas of the gateway must do together; what they must do each is in the other journeys. */
let installation: Replicas;
let front: RunningServer;
let replicas: readonly RunningServer[];
let workspace: string;
const terminals: CloudshellClient[] = [];

const a = () => replicas[0] ?? front;
const b = () => replicas[1] ?? front;

beforeAll(async () => {
  const dataDir = await newDataDir();
  installation = await startReplicas(bundle, dataDir);
  front = asServer(installation, dataDir);
  replicas = installation.gateways.map((url) => asServer(installation, dataDir, url));
  ({ workspace } = await createWorkspace(front, { username: "admin", blueprint: "dev" }));
});
afterAll(async () => {
  for (const terminal of terminals) await terminal.close();
  await discard(front);
});

const open = async (server: RunningServer, options: Parameters<typeof openCloudshell>[2]) => {
  const terminal = await openCloudshell(server, workspace, options);
  terminals.push(terminal);
  return terminal;
};

/** The answer of a gateway as a browser gets it, with its cookies. */
const visit = async (url: URL, jar: Map<string, string>, init: RequestInit = {}) => {
  const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
  const response = await fetch(url, {
    ...init,
    redirect: "manual",
    headers: { ...init.headers, accept: "text/html", cookie },
  });
  for (const line of response.headers.getSetCookie()) {
    const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
    jar.set(name, value);
  }
  return response;
};

/** A user with a token. */
const addUser = async (username: string): Promise<string> => {
  const made = await front.api("POST", "/users", {
    body: { username, org: "default", roles: ["admin"] },
  });
  expect(made.status).toBe(201);
  const token = await front.api("POST", `/users/${username}/tokens`, {
    body: { name: "cli", scopes: ["*"] },
  });
  const { token: bare } = Object(await token.json());
  return String(bare);
};

test("requests reach both replicas, which know the same workspaces and jobs", async () => {
  for (const server of [a(), b(), front, front]) {
    const list = await server.api("GET", "/workspaces");
    expect(await list.json()).toMatchObject([{ name: workspace, status: "Running" }]);
  }
});

test("a sign-in begun on one replica is completed on the other, and the session holds on both", async () => {
  const password = "correct horse battery";
  expect((await a().api("PUT", "/me/password", { body: { password } })).status).toBe(200);
  const provider = "idp.k8shell.io/local";
  const state = "fedcba9876543210fedcba9876543210";
  const poll = (server: RunningServer) => server.api("GET", `/auth/token?state=${state}`, { token: null });
  expect((await poll(b())).status).toBe(202);

  const jar = new Map<string, string>();
  const here = (server: RunningServer, location: string | null) => {
    const { pathname, search } = new URL(location ?? "/", front.url);
    return new URL(pathname + search, server.url);
  };
  const redirect = `${front.url}/auth/callback?${new URLSearchParams({ provider, redirect: "/" })}`;
  const query = new URLSearchParams({ createPAT: "true", provider, redirect_uri: redirect, state });
  const headers = { host: new URL(front.url).host };
  const begun = await visit(here(a(), `/api/v1/auth/login?${query}`), jar, { headers });
  expect(begun.status).toBe(302);
  const form = here(a(), begun.headers.get("location"));
  const page = await visit(form, jar, { headers });
  const html = await page.text();
  const action = /<form[^>]*action="([^"]*)"/.exec(html)?.[1]?.replaceAll("&amp;", "&") ?? form.href;
  const fields = new URLSearchParams({ username: "admin", password });
  for (const [tag] of html.matchAll(/<input[^>]*type="hidden"[^>]*>/g)) {
    const [name, value] = ["name", "value"].map((key) => new RegExp(`${key}="([^"]*)"`).exec(tag)?.[1] ?? "");
    fields.set(name ?? "", (value ?? "").replaceAll("&amp;", "&"));
  }
  // From here on it is the other one.
  let answer = await visit(here(b(), new URL(action, form).href), jar, {
    method: "POST",
    body: fields.toString(),
    headers: { ...headers, "content-type": "application/x-www-form-urlencoded", origin: front.url },
  });
  for (let hops = 0; hops < 5 && answer.status >= 300 && answer.status < 400; hops += 1) {
    answer = await visit(here(b(), answer.headers.get("location")), jar, { headers });
  }
  expect(answer.status).toBe(200);
  expect(jar.has("k8shell-session")).toBe(true);
  const cookie = { cookie: `k8shell-session=${jar.get("k8shell-session")}` };
  for (const server of [a(), b()]) {
    const profile = await server.api("GET", "/me/profile", { token: null, headers: cookie });
    expect(await profile.json()).toMatchObject({ username: "admin" });
  }
  // The command line's token is handed out once, by whichever replica is asked.
  const answers = await Promise.all([poll(a()), poll(b())]);
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 202]);

  expect(
    (await a().api("POST", "/auth/logout", { token: null, headers: { ...cookie, origin: a().url } })).status,
  ).toBe(204);
  await eventually(async () => {
    const { status } = await b().api("GET", "/me/profile", { token: null, headers: cookie });
    return status === 401 ? true : undefined;
  });
});

test("a terminal that was left on one replica is the same shell on the other", async () => {
  const first = await open(a(), { tab: "moves" });
  first.type("MARK=kept; echo made-$((6*7))\n");
  await first.waitFor("made-42");
  await first.close();
  const second = await open(b(), { tab: "moves" });
  await second.waitFor("made-42");
  const before = second.output().length;
  second.type("echo mark=$MARK\n");
  await second.waitFor("mark=kept", before);
});

test("a terminal that is open on one replica moves to the other when it is opened there", async () => {
  const first = await open(a(), { tab: "taken" });
  first.type("MARK=taken; echo made-$((6*7))\n");
  await first.waitFor("made-42");
  const second = await open(b(), { tab: "taken" });
  await second.waitFor("made-42");
  expect((await first.closed).code).toBe(4001);
  const before = second.output().length;
  second.type("echo mark=$MARK\n");
  await second.waitFor("mark=taken", before);
});

test("deleting a token on one replica closes what it opened on the other", async () => {
  const token = await addUser("pat-user");
  const terminal = await open(b(), { tab: "pat", token });
  const tokens = Object(await (await a().api("GET", "/users/pat-user/tokens")).json());
  const at = Date.now();
  const deleted = await a().api("DELETE", `/users/pat-user/tokens/${tokens[0]?.prefix ?? tokens[0]?.id}`);
  expect(deleted.status).toBeLessThan(300);
  expect((await terminal.closed).code).toBe(1008);
  // The bound is the product's promise, not a measurement.
  expect(Date.now() - at).toBeLessThan(5_000);
  expect((await b().api("GET", "/me/profile", { token })).status).toBe(401);
});

test("locking a user on one replica closes what they opened on the other, and shuts them out of both", async () => {
  const token = await addUser("locked-user");
  const terminal = await open(b(), { tab: "lock", token });
  const at = Date.now();
  expect((await a().api("PATCH", "/users/locked-user/profile", { body: { locked: true } })).status).toBe(200);
  expect((await terminal.closed).code).toBe(1008);
  expect(Date.now() - at).toBeLessThan(5_000);
  for (const server of [a(), b()]) {
    expect((await server.api("GET", "/me/profile", { token })).status).toBe(403);
  }
  expect((await b().api("PATCH", "/users/locked-user/profile", { body: { locked: false } })).status).toBe(
    200,
  );
  await eventually(async () =>
    (await a().api("GET", "/me/profile", { token })).status === 200 ? true : undefined,
  );
});

test("when a replica is killed the front goes on, and its terminals are found again at the other", async () => {
  const first = await open(a(), { tab: "killed" });
  first.type("MARK=alive; echo made-$((6*7))\n");
  await first.waitFor("made-42");
  await installation.killGateway(0);
  expect((await first.closed).code).toBe(1006);
  for (let i = 0; i < 6; i += 1) expect((await front.api("GET", "/workspaces")).status).toBe(200);
  const second = await open(front, { tab: "killed" });
  await second.waitFor("made-42");
  const before = second.output().length;
  second.type("echo mark=$MARK\n");
  await second.waitFor("mark=alive", before);
});
