import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { passwordResetLink } from "@k8shell/contract";
import { pino } from "pino";
import { expect, onTestFinished, test } from "vitest";
import { startServer } from "../src/assemble.ts";
import { defaultConfig } from "../src/config/config.ts";
import { startGateway } from "./gateway-harness.ts";

/** The product with a stand-in for the operator's program that sends mail. */
const start = async ({ mail }: { mail: boolean }) => {
  const dataDir = await mkdtemp(join(tmpdir(), "k8shell-reset-"));
  const messages: Array<Record<string, string>> = [];
  const webhook = createServer(async (request, response) => {
    messages.push(JSON.parse(await text(request)));
    response.end();
  }).listen(0, "127.0.0.1");
  await once(webhook, "listening");
  const address = webhook.address();
  const port = typeof address === "object" ? address?.port : 0;
  const config = defaultConfig();
  const passwordResetWebhook = mail ? `http://127.0.0.1:${port}/reset` : undefined;
  const server = await startServer({
    dataDir,
    port: 0,
    config: { ...config, identity: { ...config.identity, passwordResetWebhook } },
    version: "0.0.0-test",
    log: pino({ level: "silent" }),
  });
  onTestFinished(async () => {
    await server.close();
    webhook.close();
    await rm(dataDir, { recursive: true, force: true });
  });
  const admin = (await readFile(join(dataDir, "admin.token"), "utf8")).trim();
  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    fetch(`${server.url}/api/v1${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
  const asAdmin = { authorization: `Bearer ${admin}` };
  const created = { username: "alice", org: "default", email: "alice@example.org", password: "old password" };
  expect((await post("/users", created, asAdmin)).status).toBe(201);
  const login = (password: string) => post("/auth/login", { username: "alice", password });
  const profile = (cookie: string) => fetch(`${server.url}/api/v1/me/profile`, { headers: { cookie } });
  return { server, messages, post, asAdmin, login, profile };
};

test("whoever asks gets the same answer, and the user a link that ends all their sessions", async () => {
  const { messages, post, login, profile } = await start({ mail: true });
  const cookie = (await login("old password")).headers.getSetCookie()[0]?.split(";")[0] ?? "";
  expect((await profile(cookie)).status).toBe(200);

  const answers = await Promise.all(
    ["alice@example.org", "nobody@example.org"].map((email) => post("/auth/password/reset", { email })),
  );
  expect(answers.map(({ status }) => status)).toEqual([204, 204]);
  await expect.poll(() => messages.length).toBe(1);
  expect(messages[0]).toMatchObject({ username: "alice", email: "alice@example.org" });
  const token = new URL(messages[0]?.link ?? "").searchParams.get("token");

  expect((await post("/auth/password/reset/confirm", { token: "x", password: "new password" })).status).toBe(
    400,
  );
  expect((await post("/auth/password/reset/confirm", { token, password: "new password" })).status).toBe(204);
  expect((await profile(cookie)).status).toBe(401);
  expect((await login("old password")).status).toBe(401);
  expect((await login("new password")).status).toBe(200);
});

test("without a way to send messages the answer says whom to ask, and an administrator makes a link", async () => {
  const { server, post, asAdmin, login } = await start({ mail: false });
  for (const email of ["alice@example.org", "nobody@example.org"]) {
    const refused = await post("/auth/password/reset", { email });
    expect(refused.status).toBe(501);
    expect(await refused.json()).toMatchObject({ msg: expect.stringContaining("Ask an administrator") });
  }
  const made = await post("/users/alice/password/reset-link", {}, asAdmin);
  expect(made.status).toBe(201);
  const { link } = passwordResetLink.parse(await made.json());
  expect(link.startsWith(`${server.publicUrl}/signin/reset?token=`)).toBe(true);
  const page = await fetch(link);
  expect([page.status, page.headers.get("content-security-policy")]).toEqual([
    200,
    expect.stringContaining("default-src 'none'"),
  ]);
  const form = new URLSearchParams({
    token: new URL(link).searchParams.get("token") ?? "",
    password: "new password",
    again: "new password",
  });
  expect((await fetch(`${server.url}/signin/reset`, { method: "POST", body: form })).status).toBe(200);
  expect((await login("new password")).status).toBe(200);
  expect((await post("/users/nobody/password/reset-link", {}, asAdmin)).status).toBe(404);
  expect((await post("/users/admin/password/reset-link", {}, asAdmin)).status).toBe(403);
});

test("where Identity is another service, resets are answered as not supported", async () => {
  const gateway = await startGateway();
  onTestFinished(() => gateway.close());
  const token = { token: "x", password: "new password" };
  const answer = await gateway.api("POST", "/auth/password/reset/confirm", { json: token });
  expect(answer.status).toBe(501);
  expect(await answer.json()).toMatchObject({ msg: expect.stringContaining("does not reset passwords") });
});
