import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Log } from "@k8shell/contract";
import { jetstreamManager } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import { connect } from "@nats-io/transport-node";
import { afterEach, beforeEach, expect, test } from "vitest";
import { freePort } from "../../../test/e2e/free-port.ts";
import {
  type KvBucket,
  type KvEvent,
  type KvStore,
  KvUnavailableError,
  type NatsKvOptions,
  NatsSettingsError,
  natsKv,
} from "../src/index.ts";
import { type NatsServer, natsServer, startNats } from "./nats-server.ts";

const cleanUps: Array<() => unknown> = [];
let lines: string[];
let log: Log;
beforeEach(() => {
  lines = [];
  const note = (_fields: object, message: string) => void lines.push(message);
  log = { debug: note, info: note, warn: note, error: note };
});
afterEach(async () => {
  for (const step of cleanUps.splice(0).reverse()) await step();
});

const serve = async (...options: Parameters<typeof natsServer>): Promise<NatsServer> => {
  const server = await startNats(...options);
  cleanUps.push(() => server.remove());
  return server;
};
const open = async (options: Omit<NatsKvOptions, "log">): Promise<KvStore> => {
  const store = await natsKv({ ...options, log });
  cleanUps.push(() => store.close());
  return store;
};
const follow = (bucket: KvBucket) => {
  const stop = new AbortController();
  cleanUps.push(() => stop.abort());
  const events: KvEvent[] = [];
  const ended = (async () => {
    for await (const event of bucket.watch({ signal: stop.signal })) events.push(event);
  })();
  ended.catch(() => {});
  return {
    events,
    ended,
    until: (match: Partial<KvEvent>) =>
      expect.poll(() => events).toContainEqual(expect.objectContaining(match)),
  };
};
/** Servers of one cluster. */
const cluster = async (size: number) => {
  const routes = await Promise.all(Array.from({ length: size }, () => freePort()));
  const urls = routes.map((port) => `nats://127.0.0.1:${port}`);
  const starting = urls.map(async (url, i) => {
    const name = `n${i}`;
    const args = ["--name", name, "--cluster_name", "test", "--cluster", url, "--routes", urls.join(",")];
    const server = await serve(args);
    return { ...server, name };
  });
  return Promise.all(starting);
};
const answers = (work: () => Promise<unknown>) =>
  expect
    .poll(() =>
      work().then(
        () => "answered",
        () => "refused",
      ),
    )
    .toBe("answered");

test("an answer that comes while this process has no processor is one", async () => {
  const server = await serve();
  const kv = await open({ url: server.url, timeoutMs: 1_000 });
  const bucket = await kv.bucket("b");
  await bucket.put("key", "value");
  const answer = bucket.get("key");
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_500);
  expect(await answer).toMatchObject({ value: "value" });
});

test("a server that is killed and started again keeps everything, and a watch misses nothing of it", async () => {
  const server = await serve();
  const kv = await open({ url: server.url });
  const bucket = await kv.bucket("things");
  const elsewhere = await (await open({ url: server.url })).bucket("things");
  await bucket.put("a", "1");
  const revision = await bucket.put("b", "1");
  await bucket.put("c", "1");
  const watch = follow(bucket);
  await watch.until({ type: "current" });

  await server.stop("SIGKILL");
  await expect.poll(() => lines).toContain("lost the connection to NATS; trying to get it back");
  await server.start();
  // Whoever is connected first writes, perhaps before the watch is back.
  await answers(() => elsewhere.put("a", "2"));
  await elsewhere.delete("c");
  await watch.until({ type: "put", key: "a", value: "2" });
  await watch.until({ type: "delete", key: "c" });
  expect(await bucket.get("b")).toEqual({ key: "b", value: "1", revision });
  expect(watch.events.filter((event) => event.type === "put" && event.key === "b")).toHaveLength(1);
  const states = watch.events.map(({ type }) => type).filter((type) => type !== "put" && type !== "delete");
  expect(states).toEqual(["current", "interrupted", "current"]);
});

test("while the server is away operations are refused, and the store comes back however long it took", async () => {
  const server = await serve();
  const kv = await open({ url: server.url, timeoutMs: 3_000 });
  const bucket = await kv.bucket("things");
  const short = await kv.bucket("short", { ttlMs: 10_000 });
  await short.put("a", "1");
  const watch = follow(short);
  await watch.until({ type: "current" });
  await server.stop();
  await Promise.all([
    expect(bucket.put("a", "1")).rejects.toThrow(KvUnavailableError),
    expect(bucket.get("a")).rejects.toThrow(KvUnavailableError),
    expect(bucket.keys()).rejects.toThrow(KvUnavailableError),
    expect(kv.ping()).rejects.toThrow(KvUnavailableError),
  ]);
  // Longer than the ten tries that NATS clients make unless told otherwise.
  await new Promise((resolve) => setTimeout(resolve, 13_000));
  expect(watch.events.some((event) => event.type === "delete")).toBe(false);
  await server.start();
  await answers(() => kv.ping());
  await watch.until({ type: "delete", key: "a" });
  await bucket.put("a", "1");
});

test("a server that no longer answers is unavailable, not waited for", async () => {
  const server = await serve();
  // Long enough for a busy machine to make the bucket, and what has no answer is waited for once, together.
  const kv = await open({ url: server.url, timeoutMs: 3_000 });
  const bucket = await kv.bucket("things");
  await server.suspend();
  await Promise.all([
    expect(bucket.get("a")).rejects.toThrow(KvUnavailableError),
    expect(bucket.create("a", "1")).rejects.toThrow(KvUnavailableError),
    expect(kv.ping()).rejects.toThrow(KvUnavailableError),
  ]);
  server.resume();
  await answers(() => kv.ping());
});

test("without a server the store opens all the same, and makes its buckets when there is one", async () => {
  const server = await natsServer();
  cleanUps.push(() => server.remove());
  const kv = await open({ url: server.url, startWaitMs: 0, timeoutMs: 3_000 });
  const bucket = await kv.bucket("locked-users");
  const watch = follow(bucket);
  await expect(bucket.get("a")).rejects.toThrow(KvUnavailableError);
  expect(lines.join("\n")).toContain("cannot connect to NATS: starting without");
  await server.start();
  // Nobody asks for it: another program waits for the bucket.
  const nc = await connect({ servers: server.address });
  cleanUps.push(() => nc.close());
  await expect
    .poll(() => new Kvm(nc).open("locked-users").then((found) => found.status()))
    .toMatchObject({ bucket: "locked-users", ttl: 0 });
  await watch.until({ type: "current" });
  await bucket.put("a", "1");
  await watch.until({ type: "put", key: "a" });
});

test("a server that comes within the time of starting is waited for", async () => {
  const server = await natsServer();
  cleanUps.push(() => server.remove());
  const opening = open({ url: server.url, startWaitMs: 30_000 });
  await expect.poll(() => lines.join("\n")).toContain("trying again for");
  await server.start();
  await (await opening).ping();
});

test("a bucket that was lost with its server is made anew, and its watchers are told that they know nothing", async () => {
  const server = await serve();
  const kv = await open({ url: server.url });
  const bucket = await kv.bucket("things");
  await bucket.put("a", "1");
  await bucket.put("b", "1");
  const watch = follow(bucket);
  await watch.until({ type: "current" });
  const nc = await connect({ servers: server.address });
  await new Kvm(nc).open("things").then((found) => found.destroy());
  await nc.close();
  await server.stop();
  await server.start();
  await answers(() => bucket.put("c", "1"));
  expect(await bucket.keys()).toEqual(["c"]);
  await expect(watch.ended).rejects.toThrow(KvUnavailableError);
});

test("a watch whose consumer was removed goes on where it was", async () => {
  const server = await serve();
  const bucket = await (await open({ url: server.url })).bucket("things");
  await bucket.put("a", "1");
  const watch = follow(bucket);
  await watch.until({ type: "current" });
  const nc = await connect({ servers: server.address });
  cleanUps.push(() => nc.close());
  const jsm = await jetstreamManager(nc);
  const names: string[] = [];
  for await (const { name } of jsm.consumers.list("KV_things")) names.push(name);
  expect(names).toHaveLength(1);
  for (const name of names) await jsm.consumers.delete("KV_things", name);
  await bucket.put("b", "1");
  await watch.until({ type: "put", key: "b" });
  expect(watch.events.filter(({ type }) => type === "put")).toHaveLength(2);
});

test("no consumer is left behind by watchers that went, nor by listing keys", async () => {
  const server = await serve();
  const bucket = await (await open({ url: server.url })).bucket("things");
  for (let i = 0; i < 5; i += 1) {
    const stop = new AbortController();
    for await (const event of bucket.watch({ signal: stop.signal })) if (event.type === "current") break;
    expect(await bucket.keys()).toEqual([]);
  }
  const nc = await connect({ servers: server.address });
  cleanUps.push(() => nc.close());
  const jsm = await jetstreamManager(nc);
  await expect.poll(async () => (await jsm.streams.info("KV_things")).state.consumer_count).toBe(0);
});

test("a cluster keeps three copies, and goes on without one of its servers", async () => {
  const members = await cluster(3);
  const kv = await open({ url: members.map(({ address }) => address).join(",") });
  const bucket = await kv.bucket("things", { ttlMs: 3_600_000 });
  // The servers have yet to choose a leader.
  await answers(() => bucket.put("a", "1"));
  const watch = follow(bucket);
  await watch.until({ type: "current" });
  expect(lines.join("\n")).not.toContain("too few servers");
  const nc = await connect({ servers: members.map(({ address }) => address) });
  cleanUps.push(() => nc.close());
  const { config, cluster: placed } = await (await jetstreamManager(nc)).streams.info("KV_things");
  expect(config.num_replicas).toBe(3);

  const leader = members.find(({ name }) => name === placed?.leader);
  await leader?.stop("SIGKILL");
  await answers(() => bucket.put("b", "1"));
  expect((await bucket.get("a"))?.value).toBe("1");
  await watch.until({ type: "put", key: "b" });
});

test("one server gets one replica in place of three, with a warning", async () => {
  const server = await serve();
  const bucket = await (await open({ url: server.url })).bucket("things");
  await bucket.put("a", "1");
  expect(lines.filter((line) => line.includes("too few servers for this many replicas"))).toHaveLength(1);
  lines.length = 0;
  await (await open({ url: server.url, replicas: 1 })).bucket("others");
  expect(lines.join("\n")).not.toContain("replicas");
});

test("a bucket that another program made is used as it is, and the other way round", async () => {
  const server = await serve();
  const nc = await connect({ servers: server.address });
  cleanUps.push(() => nc.close());
  const theirs = await new Kvm(nc).create("workspace-provision-jobs", { history: 5, ttl: 3_600_000 });
  await theirs.put("job", '{"id":"job"}');
  const kv = await open({ url: server.url });
  const bucket = await kv.bucket("workspace-provision-jobs", { ttlMs: 60_000 });
  expect((await bucket.get("job"))?.value).toBe('{"id":"job"}');
  expect(lines.join("\n")).toContain("exists with another TTL (0: none), which stays");
  const { ttl, history } = await theirs.status();
  expect({ ttl, history }).toEqual({ ttl: 3_600_000, history: 5 });

  const watch = follow(bucket);
  await watch.until({ type: "current" });
  await theirs.put("job", "2");
  await theirs.put("job", "3");
  await theirs.purge("job");
  await watch.until({ type: "delete", key: "job" });
  expect(watch.events.map((event) => event.type)).toEqual(["put", "current", "put", "put", "delete"]);

  const ours = await kv.bucket("locked-users");
  await ours.put("alice", '{"locked":true}');
  const seen = await (await new Kvm(nc).open("locked-users")).get("alice");
  expect(seen?.string()).toBe('{"locked":true}');
});

test("all who open a bucket at the same time get the same one", async () => {
  const server = await serve();
  const stores = await Promise.all(Array.from({ length: 4 }, () => open({ url: server.url })));
  const buckets = await Promise.all(stores.map((kv) => kv.bucket("things", { ttlMs: 60_000 })));
  await Promise.all(buckets.map((bucket, i) => bucket.put(`k${i}`, "")));
  expect(await buckets[0]?.keys()).toEqual(["k0", "k1", "k2", "k3"]);
});

test("a value that NATS does not take is the fault of who wrote it", async () => {
  const server = await serve();
  const bucket = await (await open({ url: server.url })).bucket("things");
  await expect(bucket.put("a", "x".repeat(2_000_000))).rejects.toThrow(RangeError);
});

test("user name and password are sent, from the settings or the address, and refused ones end the start", async () => {
  const server = await serve(["--user", "svc", "--pass", "right"], { user: "svc", pass: "right" });
  await (await open({ url: server.url, username: "svc", password: "right" })).ping();
  await (await open({ url: `nats://svc:right@${server.address}` })).ping();
  await expect(open({ url: server.url, username: "svc", password: "wrong" })).rejects.toThrow(
    new NatsSettingsError('NATS refuses the password of the user "svc"'),
  );
  await expect(open({ url: server.url })).rejects.toThrow(NatsSettingsError);
  expect(lines.join("\n")).not.toContain("wrong");
});

test("a token is sent, and wins over a user name", async () => {
  const server = await serve(["--auth", "letmein"], { token: "letmein" });
  await (await open({ url: server.url, token: "letmein", username: "svc", password: "x" })).ping();
  await expect(open({ url: server.url, token: "other" })).rejects.toThrow("NATS refuses the token");
});

test("TLS is spoken with the authority given, and an unencrypted server or another authority is not accepted", async () => {
  const dir = await mkdtemp(join(tmpdir(), "k8shell-tls-"));
  cleanUps.push(() => rm(dir, { recursive: true }));
  const file = (name: string) => join(dir, name);
  const certificate = (name: string) =>
    execFileSync(
      "openssl",
      `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=nats -addext subjectAltName=DNS:localhost -keyout ${name}.key -out ${name}.crt`.split(
        " ",
      ),
      { cwd: dir, stdio: "ignore" },
    );
  certificate("nats");
  certificate("other");
  const ca = readFileSync(file("nats.crt"), "utf8");
  const server = await serve(["--tls", "--tlscert", file("nats.crt"), "--tlskey", file("nats.key")], {
    tls: { ca },
  });
  const kv = await open({ url: `tls://localhost:${server.port}`, ca });
  await (await kv.bucket("things")).put("a", "1");
  const wrong = await open({
    url: `tls://localhost:${server.port}`,
    ca: readFileSync(file("other.crt"), "utf8"),
    startWaitMs: 0,
    timeoutMs: 200,
  });
  await expect(wrong.ping()).rejects.toThrow(KvUnavailableError);
  const plain = await serve();
  const insecure = await open({ url: `tls://${plain.address}`, startWaitMs: 0, timeoutMs: 200 });
  await expect(insecure.ping()).rejects.toThrow(KvUnavailableError);
});

test.each(["", "http://nats:4222", "nats://", "nats://a:b:c", ","])("%j is no address", async (url) => {
  await expect(open({ url })).rejects.toThrow(NatsSettingsError);
});

test("several servers may be named, and one that answers is enough", async () => {
  const server = await serve();
  await (await open({ url: `nats://127.0.0.1:1, ${server.address}` })).ping();
});
