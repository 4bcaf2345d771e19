import { expect, test } from "vitest";
import type { PasswordResetMessage } from "../../src/identity/password-resets.ts";
import { storedBytes } from "../postgres/test-database.ts";
import { expectStatus, startIdentity } from "./start-identity.ts";

const start = async () => {
  const messages: PasswordResetMessage[] = [];
  const signedOut: string[] = [];
  const started = await startIdentity({
    notifyPasswordReset: async (message) => void messages.push(message),
    onPasswordReset: async (username) => void signedOut.push(username),
  });
  const { client } = started;
  await client.createUser({
    username: "alice",
    organization: "default",
    email: "alice@example.org",
    password: "old password",
  });
  await client.createUser({ username: "oidc", organization: "default", email: "oidc@example.org" });
  const works = async (password: string) =>
    (await client.authUserPassword({ username: "alice", password })).valid;
  const sent = async () => {
    await expect.poll(() => messages.length).toBeGreaterThan(0);
    return messages[0] ?? expect.fail();
  };
  return { ...started, resets: started.identity.passwordResets, messages, signedOut, works, sent };
};

const tokenOf = (link: string) => new URL(link).searchParams.get("token") ?? "";

test("a link that was sent sets a new password once, and everybody who knew the old one is out", async () => {
  const { resets, dataDir, sent, works, signedOut } = await start();
  resets.request(" Alice@Example.org ");
  const message = await sent();
  expect(message).toMatchObject({ username: "alice", email: "alice@example.org" });
  const token = tokenOf(message.link);
  expect((await storedBytes(dataDir)).includes(token)).toBe(false);
  await resets.confirm(token, "new password");
  expect([await works("old password"), await works("new password")]).toEqual([false, true]);
  expect(signedOut).toEqual(["alice"]);
  await expectStatus(resets.confirm(token, "third password"), "InvalidArgument");
});

test("nothing is sent for an unknown address, for one without a password, or again within a minute", async () => {
  const { resets, messages, sent, clock, client } = await start();
  for (const email of ["nobody@example.org", "oidc@example.org"]) resets.request(email);
  resets.request("alice@example.org");
  await sent();
  resets.request("alice@example.org");
  await client.updateUser({ username: "alice", fullname: "Alice" });
  clock.now += 61_000;
  resets.request("alice@example.org");
  await expect.poll(() => messages.length).toBe(2);
  expect(messages.map(({ username }) => username)).toEqual(["alice", "alice"]);
});

test("a link ends after an hour, one that an administrator made after a day, and both with a reset", async () => {
  const { resets, clock, sent } = await start();
  resets.request("alice@example.org");
  const early = tokenOf((await sent()).link);
  const late = tokenOf((await resets.createLink("alice")).link);
  clock.now += 3_600_000;
  await expectStatus(resets.confirm(early, "new password"), "InvalidArgument");
  const other = tokenOf((await resets.createLink("alice")).link);
  await resets.confirm(late, "new password");
  await expectStatus(resets.confirm(other, "third password"), "InvalidArgument");
  await expectStatus(resets.createLink("nobody"), "NotFound");
});

test("a password against the rules keeps the link, and a locked account keeps its password", async () => {
  const { resets, client, works } = await start();
  const token = tokenOf((await resets.createLink("alice")).link);
  await expectStatus(resets.confirm(token, "short"), "InvalidArgument");
  await client.updateUser({ username: "alice", locked: true });
  await expectStatus(resets.confirm(token, "new password"), "InvalidArgument");
  await client.updateUser({ username: "alice", locked: false });
  await resets.confirm(token, "new password");
  expect(await works("new password")).toBe(true);
});

test("of two who use a link at once one succeeds", async () => {
  const { resets } = await start();
  const token = tokenOf((await resets.createLink("alice")).link);
  const results = await Promise.allSettled(
    ["first password", "second password"].map((password) => resets.confirm(token, password)),
  );
  expect(results.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
});

test("the page behind a link takes the password without scripts and says what is wrong with it", async () => {
  const { resets, identity, works } = await start();
  const { link } = await resets.createLink("alice");
  const page = await identity.signIn(new Request(link));
  expect(page.status).toBe(200);
  expect(await page.text()).toContain('action="/signin/reset"');
  const send = (password: string, again = password) =>
    identity.signIn(
      new Request(new URL("/signin/reset", link), {
        method: "POST",
        headers: { "content-type": "application/x-www-form-urlencoded" },
        body: new URLSearchParams({ token: tokenOf(link), password, again }),
      }),
    );
  const mistyped = await send("new password", "new passwort");
  expect([mistyped.status, await mistyped.text()]).toEqual([400, expect.stringContaining("not the same")]);
  const short = await send("short");
  expect([short.status, await short.text()]).toEqual([400, expect.stringContaining("8 characters")]);
  expect((await send("new password")).status).toBe(200);
  expect(await works("new password")).toBe(true);
  expect((await send("new password")).status).toBe(410);
  expect((await identity.signIn(new Request(link))).status).toBe(410);
});
