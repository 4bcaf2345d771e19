import { expect, onTestFinished, test } from "vitest";
import type { Config } from "../src/config/config.ts";
import { networkOf } from "../src/limits/rate-limits.ts";
import { startGateway } from "./gateway-harness.ts";

const start = async (limits: Partial<Config["limits"]>, http: Partial<Config["http"]> = {}) => {
  const gateway = await startGateway({
    config: (config) => ({
      ...config,
      http: { ...config.http, ...http },
      limits: { ...config.limits, ...limits },
    }),
  });
  onTestFinished(() => gateway.close());
  return gateway;
};
type Gateway = Awaited<ReturnType<typeof start>>;
const profile = (gateway: Gateway, token: string, headers = {}) =>
  gateway.api("GET", "/me/profile", { token, headers });

test("answers say what is left, and the one too many gets 429 and when to come back", async () => {
  const gateway = await start({ requestsPerUser: 3 });
  const [alice, bob] = [await gateway.addUser("alice"), await gateway.addUser("bob")];
  const first = await profile(gateway, alice);
  expect(first.headers.get("ratelimit-policy")).toBe('"user";q=3;w=60');
  expect(first.headers.get("ratelimit")).toMatch(/^"user";r=2;t=\d+$/);
  // Another token of the same user counts with the first.
  const other = await gateway.token("alice", ["*"], "other");
  await profile(gateway, other);
  await profile(gateway, alice);
  const refused = await profile(gateway, other);
  expect(refused.status).toBe(429);
  expect(refused.headers.get("retry-after")).toMatch(/^\d+$/);
  expect(refused.headers.get("ratelimit")).toMatch(/^"user";r=0;t=\d+$/);
  expect(await refused.json()).toMatchObject({ status: 429, code: "too_many_requests" });
  expect((await profile(gateway, bob)).status).toBe(200);
});

test("each token has a limit of its own below its user's", async () => {
  const gateway = await start({ requestsPerToken: 1 });
  const alice = await gateway.addUser("alice");
  const other = await gateway.token("alice", ["*"], "other");
  const answer = await profile(gateway, alice);
  expect(answer.headers.get("ratelimit")).toMatch(/^"token";r=0/);
  expect((await profile(gateway, alice)).status).toBe(429);
  expect((await profile(gateway, other)).status).toBe(200);
});

test("signing in is limited by address, and callers are not", async () => {
  const gateway = await start({ signInsPerAddress: 2 });
  const alice = await gateway.addUser("alice");
  const signIn = () => gateway.api("POST", "/auth/login", { json: { username: "alice", password: "no" } });
  const statuses = [await signIn(), await signIn(), await signIn()].map(({ status }) => status === 429);
  expect(statuses).toEqual([false, false, true]);
  expect((await profile(gateway, alice)).status).toBe(200);
});

test("making tokens is limited more tightly than the rest", async () => {
  const gateway = await start({ tokensPerUser: 1 });
  const alice = await gateway.addUser("alice");
  const make = (name: string) =>
    gateway.api("POST", "/me/tokens", { token: alice, json: { name, scopes: ["workspace:read"] } });
  expect((await make("one")).status).toBe(201);
  expect((await make("two")).status).toBe(429);
  expect((await profile(gateway, alice)).status).toBe(200);
});

test("whoever tries many wrong credentials is no longer answered, and known callers are", async () => {
  const gateway = await start({ failuresPerAddress: 2 });
  const alice = await gateway.addUser("alice");
  await profile(gateway, alice);
  const guess = async (n: number) => (await profile(gateway, `k8sh_${String(n).padStart(43, "0")}`)).status;
  expect([await guess(1), await guess(2), await guess(3)]).toEqual([401, 401, 429]);
  expect((await profile(gateway, alice)).status).toBe(200);
});

test("behind a trusted proxy the limits are those of the clients, not of the proxy", async () => {
  const gateway = await start({ requestsPerAddress: 1 }, { trustedProxies: ["127.0.0.0/8"] });
  const from = async (address: string) =>
    (await gateway.api("GET", "/healthcheck", { headers: { "x-forwarded-for": address } })).status;
  expect([await from("203.0.113.1"), await from("203.0.113.2"), await from("203.0.113.1")]).toEqual([
    200, 200, 429,
  ]);
});

test("limits can be switched off, together and one by one", async () => {
  for (const limits of [
    { enabled: false, requestsPerUser: 1 },
    { requestsPerUser: 0, requestsPerToken: 0 },
  ]) {
    const gateway = await start(limits);
    const alice = await gateway.addUser("alice");
    const answers = [await profile(gateway, alice), await profile(gateway, alice)];
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(answers[0]?.headers.has("ratelimit")).toBe(false);
  }
});

test("an IPv6 network counts as one address", () => {
  expect(networkOf("2001:db8:1:2:3:4:5:6")).toBe("2001:db8:1:2");
  expect(networkOf("2001:db8:1:2::9")).toBe("2001:db8:1:2");
  expect(networkOf("2001:db8::9")).toBe("2001:db8:0:0");
  expect(networkOf("::1")).toBe("0:0:0:0");
  expect(networkOf("::ffff:192.0.2.7")).toBe("192.0.2.7");
  expect(networkOf("192.0.2.7")).toBe("192.0.2.7");
});
