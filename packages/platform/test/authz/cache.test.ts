import fc from "fast-check";
import { expect, test } from "vitest";
import { about, people, type Request, startAuthz, tokenOf } from "./harness.ts";

test("100 000 remembered decisions are the ones that would be made afresh", async () => {
  const remembering = await startAuthz({ decisionTtlMs: 3_600_000 });
  const forgetful = await startAuthz({ decisionTtlMs: 3_600_000 });
  const requests: Request[] = Object.keys(people).flatMap((owner) => [
    about("workspace:read", { id: `${owner}-1`, attributes: { owner } }),
    about("workspace:connect", { id: `${owner}-1`, attributes: { owner }, context: { type: "webshell" } }),
    about("workspace:connect", { id: `${owner}-1`, attributes: { owner }, context: { type: "webfiles" } }),
    about("workspace:list", { attributes: { owner } }),
    about("workspace:list"),
    about("user:read", { id: owner, context: { data_type: "profile" } }),
    about("user:write", { id: owner, context: { data_type: "sudo" } }),
  ]);
  const tokens = Object.keys(people).map((username) => tokenOf(username));
  const expected = new Map<string, unknown>();
  for (const [t, token] of tokens.entries()) {
    for (const [r, request] of requests.entries()) {
      await forgetful.authz.reloadPolicies();
      const { allowed, reason, obligations } = await forgetful.client.evaluate({ ...request, token });
      expected.set(`${t} ${r}`, { allowed, reason, obligations });
    }
  }
  const random = fc.sample(fc.tuple(fc.nat(tokens.length - 1), fc.nat(requests.length - 1)), 100_000);
  let wrong = 0;
  for (const [t, r] of random) {
    const { allowed, reason, obligations } = await remembering.client.evaluate({
      ...requests[r],
      token: tokens[t],
    });
    const want = expected.get(`${t} ${r}`);
    if (JSON.stringify({ allowed, reason, obligations }) !== JSON.stringify(want)) wrong++;
  }
  expect(wrong).toBe(0);
  expect(remembering.identity.lookups).toBeLessThan(tokens.length * requests.length);
  const { records } = await remembering.client.queryAudit({ query: { page: { limit: 1000 } } });
  const audited = records.reduce((sum, record) => sum + 1 + record.dupCount, 0);
  expect(audited).toBe(100_000);
});

test("values that run together in other ways are different requests", async () => {
  const { client } = await startAuthz();
  const token = tokenOf("alice");
  const ask = (id: string, owner: string) =>
    client.evaluate({ ...about("workspace:read", { id, attributes: { owner } }), token });
  expect((await ask("w", "alice")).allowed).toBe(true);
  expect((await ask("w owner=5:alice", "bob")).allowed).toBe(false);
  expect((await ask("w owner", "5:alice")).allowed).toBe(false);
});

test("roles that two tokens of one user disagree about are not mixed up", async () => {
  const { client } = await startAuthz();
  const request = about("workspace:delete", { id: "w", attributes: { owner: "zoe" } });
  const ask = async (roles: string[]) =>
    (await client.evaluate({ ...request, token: tokenOf("alice", { roles }) })).allowed;
  expect(await ask(["admin"])).toBe(true);
  expect(await ask([])).toBe(false);
  expect(await ask(["admin,x"])).toBe(false);
  expect(await ask(["x", "admin"])).toBe(true);
});

test("an owner who changes organization is noticed after the time a decision is believed", async () => {
  const { client, identity } = await startAuthz({ decisionTtlMs: 20 });
  const request = about("workspace:read", { id: "w", attributes: { owner: "alice" } });
  const ask = async () => (await client.evaluate({ ...request, token: tokenOf("boss") })).allowed;
  expect(await ask()).toBe(true);
  identity.people.alice = { org: "zeta", roles: [] };
  await expect.poll(ask).toBe(false);
});

test("an owner whose account has expired belongs to their organization still", async () => {
  const { client, identity, lines } = await startAuthz();
  identity.people.alice = { org: "acme", roles: [], expired: true };
  const request = about("workspace:read", { id: "w", attributes: { owner: "alice" } });
  expect((await client.evaluate({ ...request, token: tokenOf("boss") })).allowed).toBe(true);
  expect((await client.evaluate({ ...request, token: tokenOf("zed") })).allowed).toBe(false);
  expect(lines.some(({ level }) => level === "warn")).toBe(false);
});

test("a decision made while Identity was away is not remembered", async () => {
  const { client, identity, lines } = await startAuthz({ decisionTtlMs: 3_600_000 });
  const request = about("workspace:read", { id: "w", attributes: { owner: "alice" } });
  identity.failing = true;
  expect((await client.evaluate({ ...request, token: tokenOf("boss") })).allowed).toBe(false);
  expect((await client.evaluate({ ...request, token: tokenOf("alice") })).allowed).toBe(true);
  expect((await client.evaluate({ ...request, token: tokenOf("root") })).allowed).toBe(true);
  expect(lines.some(({ level }) => level === "warn")).toBe(true);
  identity.failing = false;
  expect((await client.evaluate({ ...request, token: tokenOf("boss") })).allowed).toBe(true);
});

test("simultaneous questions about one owner ask Identity once", async () => {
  const { client, identity } = await startAuthz();
  const request = about("workspace:read", { id: "w", attributes: { owner: "alice" } });
  const token = tokenOf("boss");
  const answers = await Promise.all(Array.from({ length: 50 }, () => client.evaluate({ ...request, token })));
  expect(answers.every(({ allowed }) => allowed)).toBe(true);
  expect(identity.lookups).toBe(1);
});
