import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { CoreService } from "../../src/assemble/serve/service.ts";
import { bearer, textOf } from "../assembled.ts";
import { type FaultyProxy, startFaultyProxy } from "./faulty-proxy.ts";
import { coreServices, type SplitPlatform, startSplitPlatform } from "./services.ts";

const proxies = new Map<CoreService, FaultyProxy>();
let platform: SplitPlatform;
/** A bearer that the gateway verifies without a backend. */
let jwt: Record<string, string>;

beforeAll(async () => {
  platform = await startSplitPlatform({
    remote: coreServices,
    timeoutSeconds: 2,
    async via(name, address) {
      const proxy = await startFaultyProxy(address);
      proxies.set(name, proxy);
      return proxy.address;
    },
  });
  // The first calls of a process may take longer than the deadline on a busy machine.
  const first = async () => {
    const answer = await platform.request("POST", "/api/v1/internal/users/admin/token", platform.admin);
    return { status: answer.status, body: await answer.json() };
  };
  let answer = await first();
  while (answer.status === 504) answer = await first();
  jwt = bearer(textOf(answer.body, "token"));
});
afterAll(async () => {
  await platform?.close();
  for (const proxy of proxies.values()) await proxy.close();
});

/** A request that needs each backend, beside Authz. */
const requests: Record<CoreService, string> = {
  identity: "/api/v1/organizations",
  authz: "/api/v1/workspaces",
  session: "/api/v1/sessions",
  provisioner: "/api/v1/workspaces",
};

const ask = async (name: CoreService) => {
  const response = await platform.request("GET", requests[name], jwt);
  return { status: response.status, body: await response.json() };
};
const proxyOf = (name: CoreService): FaultyProxy => {
  const proxy = proxies.get(name);
  if (!proxy) throw new Error(`no proxy for ${name}`);
  return proxy;
};
const works = (name: CoreService) =>
  expect.poll(async () => (await ask(name)).status, { interval: 50 }).toBe(200);
const healthOf = async (name: CoreService) =>
  (await (await platform.request("GET", "/api/v1/healthcheck")).json()).backends[name];

beforeEach(async () => {
  for (const name of coreServices) await works(name);
});

test.each(coreServices)("requests go on when bytes from and to %s are delayed", async (name) => {
  proxyOf(name).set({ kind: "delay", ms: 60 });
  expect((await ask(name)).status).toBe(200);
  proxyOf(name).set({ kind: "none" });
});

test.each(coreServices)(
  "a connection to %s that is reset or half-closed between requests costs none",
  async (name) => {
    proxyOf(name).resetNow();
    expect((await ask(name)).status).toBe(200);
    proxyOf(name).halfCloseNow();
    expect((await ask(name)).status).toBe(200);
  },
);

test.each(coreServices)("reading goes on when the connection to %s is reset under it", async (name) => {
  proxyOf(name).set({ kind: "delay", ms: 100 });
  const asked = ask(name);
  setTimeout(() => {
    proxyOf(name).set({ kind: "none" });
    proxyOf(name).resetNow();
  }, 50);
  expect((await asked).status).toBe(200);
});

test.each(coreServices)("reading goes on when %s is restarted, which begins with GOAWAY", async (name) => {
  const asked = Array.from({ length: 20 }, () => ask(name));
  await platform.stop(name);
  for (const { status } of await Promise.all(asked)) expect([200, 503]).toContain(status);
  await platform.start(name);
  await works(name);
});

test.each(coreServices)(
  "while %s swallows everything requests end with its deadline, then at once with 503 naming it, until it is back",
  async (name) => {
    proxyOf(name).set({ kind: "black-hole" });
    const first = await Promise.all(Array.from({ length: 4 }, () => ask(name)));
    for (const answer of first) {
      expect([503, 504]).toContain(answer.status);
      expect(answer.body.msg).toMatch(new RegExp(`^${name} `));
    }
    // Nothing passes, so only an answer made here can come.
    const refused = await ask(name);
    expect(refused).toMatchObject({
      status: 503,
      body: { code: "unavailable", msg: `${name} is not available; try again shortly` },
    });
    expect(await healthOf(name)).toMatchObject({
      status: "down",
      mode: "remote",
      detail: expect.stringMatching(/^not answering since \d{4}-/),
    });
    expect((await platform.request("GET", "/readyz")).status).toBe(503);
    proxyOf(name).set({ kind: "none" });
    await works(name);
    // The health page keeps an answer for a second.
    await expect.poll(() => healthOf(name)).toEqual({ status: "ok", mode: "remote" });
  },
);

test.each(coreServices)("while connections to %s are reset requests get 503 naming it", async (name) => {
  proxyOf(name).set({ kind: "reset" });
  expect(await ask(name)).toMatchObject({
    status: 503,
    body: { msg: `${name} is not available; try again shortly` },
  });
  proxyOf(name).set({ kind: "none" });
  await works(name);
});

test("faults leave no memory and no connections behind", { timeout: 300_000 }, async () => {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  const heap = () => {
    if (typeof collect === "function") collect();
    return process.memoryUsage().heapUsed;
  };
  const round = async () => {
    for (const name of coreServices) {
      proxyOf(name).set({ kind: "reset" });
      await Promise.all(Array.from({ length: 100 }, () => ask(name)));
      proxyOf(name).set({ kind: "none" });
      await works(name);
      await Promise.all(Array.from({ length: 100 }, () => ask(name)));
    }
  };
  await round();
  await round();
  const before = heap();
  for (let count = 0; count < 3; count += 1) await round();
  const grown = heap() - before;
  // 2400 requests: a kilobyte kept of each would show.
  expect(grown).toBeLessThan(2_400 * 1024);
  // Channels that were replaced close in their own time. One that is forgotten stays open: a channel gives an idle
  // connection up only after half an hour.
  for (const name of coreServices) {
    await works(name);
    await expect.poll(() => proxyOf(name).connections()).toBe(1);
  }
});
