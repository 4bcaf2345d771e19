import { randomBytes } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { silentLog } from "@k8shell/contract";
import { expect, onTestFinished, test } from "vitest";
import { localProviderName } from "../../src/identity/providers/provider.ts";
import { openSessionStore } from "../../src/session/store.ts";
import { openDatabase } from "../../src/storage/database.ts";
import { whenIdle } from "../../src/storage/exclusive.ts";
import { freshPostgres, startReplica, temporaryDirectory } from "./own-server.ts";

/** Two processes that share a database and keys. */
const twoReplicas = async () => {
  const shared = { postgres: freshPostgres(), keysDir: await temporaryDirectory() };
  const [one, two] = await Promise.all([startReplica(shared), startReplica(shared)]);
  return { shared, one, two };
};

const settled = async (work: ReadonlyArray<Promise<unknown>>) => {
  const results = await Promise.allSettled(work);
  return {
    done: results.filter(({ status }) => status === "fulfilled").length,
    reasons: results.flatMap((result) => (result.status === "rejected" ? [result.reason.status] : [])),
  };
};

test("of two processes that create the same user at once, one succeeds and the others say that it exists", async () => {
  const { one, two } = await twoReplicas();
  const create = (client: typeof one.client) =>
    client.createUser({ username: "alice", organization: "default", email: "a@example.org" });
  const { done, reasons } = await settled([one, two, one, two, one, two].map(({ client }) => create(client)));
  expect(done).toBe(1);
  expect(reasons).toEqual(Array(5).fill("AlreadyExists"));
});

test("users created at once on two processes all get ids of their own", async () => {
  const { one, two } = await twoReplicas();
  const names = Array.from({ length: 30 }, (_, i) => `user${i}`);
  const users = await Promise.all(
    names.map((username, i) => (i % 2 ? one : two).client.createUser({ username, organization: "default" })),
  );
  expect(new Set(users.map(({ uid }) => uid)).size).toBe(30);
});

test("a token renewed on two processes at once is one token, and the last secret works", async () => {
  const { one, two } = await twoReplicas();
  await one.client.createUser({ username: "alice", organization: "default" });
  const renew = ({ client }: typeof one) =>
    client.createAccessToken({ username: "alice", name: "alice-59936c3", scopes: ["*"], renew: true });
  const minted = await Promise.all([one, two, one, two, one, two].map(renew));
  expect(new Set(minted.map(({ id }) => id)).size).toBe(1);
  const { tokens } = await two.client.listAccessTokens({ username: "alice" });
  expect(tokens).toHaveLength(1);
  const works = await settled(minted.map(({ token }) => two.client.resolveAccessToken({ token })));
  expect(works.done).toBe(1);
});

test("what one process changes of a user or token, another notices within two seconds", async () => {
  const { one, two } = await twoReplicas();
  await one.client.createUser({ username: "alice", organization: "default" });
  const { id, token } = await one.client.createAccessToken({ username: "alice", name: "t", scopes: ["*"] });
  expect((await two.client.resolveAccessToken({ token })).user?.sudo).toBe(false);
  await one.client.updateUser({ username: "alice", sudo: true });
  await expect.poll(async () => (await two.client.resolveAccessToken({ token })).user?.sudo).toBe(true);
  await one.client.revokeAccessToken({ id, username: "alice" });
  await expect
    .poll(() => two.client.resolveAccessToken({ token }).then(String, ({ status }) => status))
    .toBe("Unauthenticated");
});

test("a sign-in begun on one process is completed once, on whichever is asked first", async () => {
  const { one, two } = await twoReplicas();
  await one.client.createUser({ username: "alice", organization: "default", password: "correct horse" });
  const begun = await one.client.onboardUserWebFlow({
    provider: localProviderName,
    redirectUri: "http://k8shell.test:9101/auth/callback",
  });
  const page = await one.identity.signIn(new Request(begun.authUrl));
  const cookie = page.headers.get("set-cookie")?.split(";")[0] ?? "";
  const [, formToken = ""] = /name="form_token" value="([^"]+)"/.exec(await page.text()) ?? [];
  const answer = await two.identity.signIn(
    new Request("http://k8shell.test:9101/signin", {
      method: "POST",
      headers: { cookie, "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({
        state: begun.state,
        form_token: formToken,
        username: "alice",
        password: "correct horse",
      }),
    }),
  );
  expect(answer.status).toBe(303);
  const code = new URL(answer.headers.get("location") ?? "").searchParams.get("code") ?? "";
  const { done } = await settled(
    [one, two].map(({ client }) => client.completeUserWebFlow({ state: begun.state, code })),
  );
  expect(done).toBe(1);
});

test("processes that start at once make one administrator, whose token the first one's file has", async () => {
  const { one, two } = await twoReplicas();
  const file = (replica: typeof one) => join(replica.dataDir, "admin.token");
  await one.identity.bootstrapAdmin({ tokenFile: file(one) });
  await two.identity.bootstrapAdmin({ tokenFile: file(two) });
  const token = await readFile(file(one), "utf8");
  expect((await two.client.resolveAccessToken({ token })).user?.username).toBe("admin");
  await expect(stat(file(two))).rejects.toMatchObject({ code: "ENOENT" });
  await settled([one, two].map((replica) => replica.identity.bootstrapAdmin({ tokenFile: file(replica) })));
  expect((await two.client.resolveAccessToken({ token })).user?.username).toBe("admin");
});

test("a process without the keys that the database was made with refuses to start", async () => {
  const { shared } = await twoReplicas();
  await expect(
    startReplica({ postgres: shared.postgres, keysDir: await temporaryDirectory() }),
  ).rejects.toThrow(/not those that the identity database was made with/);
});

test("reports about one session from two processes lose nothing", async () => {
  const postgres = freshPostgres();
  const open = async () => {
    const store = await openSessionStore({ file: "", postgres, log: silentLog });
    onTestFinished(() => store.close());
    return store;
  };
  const stores = await Promise.all([open(), open()]);
  const report = (store: (typeof stores)[number]) =>
    store.update("s-1", (known) => ({
      session_id: "s-1",
      username: "alice",
      workspace: "",
      blueprint: "",
      k8shelld_ver: "",
      client: "",
      client_ip: "",
      start_time: 1,
      end_time: null,
      updated_at: 1,
      bytes_in: (known?.bytes_in ?? 0) + 1,
      bytes_out: 0,
      operations: "",
    }));
  await Promise.all(Array.from({ length: 20 }, (_, i) => report(stores[i % 2] ?? expect.fail())));
  const [row] = await stores[0].list({ where: [], newestFirst: false, limit: 10, offset: 0 });
  expect(row?.bytes_in).toBe(20);
});

test("of two processes one does the housekeeping, and the other once the first is done or gone", async () => {
  const postgres = freshPostgres();
  const open = async () => {
    const place = { file: "", postgres, service: "session", migrations: {}, log: silentLog };
    const db = await openDatabase(place);
    onTestFinished(() => db.destroy());
    return db;
  };
  const [one, two] = [await open(), await open()];
  const name = randomBytes(4).toString("hex");
  const gate = Promise.withResolvers<void>();
  const started = Promise.withResolvers<void>();
  const first = whenIdle(one, name, () => {
    started.resolve();
    return gate.promise;
  });
  await started.promise;
  expect(await whenIdle(two, name, async () => expect.fail("both at once"))).toBe(false);
  gate.resolve();
  expect(await first).toBe(true);
  expect(await whenIdle(two, name, async () => undefined)).toBe(true);
});
