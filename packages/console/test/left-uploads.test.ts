import { K8shellError } from "@k8shell/sdk";
import { expect, test, vi } from "vitest";
import { watchLeftUploads } from "../src/files/left-uploads.ts";
import { createUploadLocks } from "../src/files/upload-locks.ts";
import type { UploadRecord, UploadRecords } from "../src/files/upload-records.ts";

const record = (key: string, username = "ada"): UploadRecord => ({
  key,
  address: `http://server/files/uploads/${key}`,
  username,
  workspace: "ws",
  path: `/home/${key}`,
  name: key,
  size: 10,
  modified: 1,
  replace: false,
});

/** What all tabs of a browser share. */
const createBrowser = (records: UploadRecord[]) => {
  const map = new Map(records.map((one) => [one.key, one]));
  const shared: UploadRecords = {
    all: () => [...map.values()],
    get: (key) => map.get(key),
    put: (one) => map.set(one.key, one),
    remove: (key) => map.delete(key),
    onRemoved: () => () => {},
  };
  /** A tab, and the keys of what it is offered. */
  const openTab = (username: string, arrived = async () => 4) => {
    const offered: Array<[string, number]> = [];
    const locks = createUploadLocks(navigator.locks);
    const close = watchLeftUploads({ records: shared, locks, arrived }, username, {
      found: ({ key }, sent) => offered.push([key, sent]),
      gone() {},
    });
    return { offered, locks, close };
  };
  return { map, openTab };
};

test("what earlier pages left is offered to whoever began it, with what has arrived", async () => {
  const { openTab } = createBrowser([record("a-own"), record("a-other", "bob")]);
  const { offered, close } = openTab("ada");
  await expect.poll(() => offered).toEqual([["a-own", 4]]);
  close();
});

test("it is offered in one tab at a time, and in the next when that is closed", async () => {
  const { openTab } = createBrowser([record("b")]);
  const first = openTab("ada");
  await expect.poll(() => first.offered.length).toBe(1);
  const second = openTab("ada");
  const queued = async () => (await navigator.locks.query()).pending?.length;
  await expect.poll(queued).toBe(1);
  expect(second.offered).toEqual([]);
  first.close();
  await expect.poll(() => second.offered).toEqual([["b", 4]]);
  second.close();
});

test("what a tab finished while another waited for it is not offered there", async () => {
  const { map, openTab } = createBrowser([record("c"), record("d")]);
  const sender = createUploadLocks(navigator.locks);
  sender.take("c");
  await expect.poll(async () => (await navigator.locks.query()).held?.length).toBe(1);
  const { offered, close } = openTab("ada");
  await expect.poll(() => offered).toEqual([["d", 4]]);
  map.delete("c");
  sender.drop("c");
  await expect.poll(async () => (await navigator.locks.query()).held?.length).toBe(1);
  expect(offered).toEqual([["d", 4]]);
  close();
});

test("what the server has given up is forgotten, what it cannot be asked about is kept", async () => {
  const { map, openTab } = createBrowser([record("e")]);
  const failing = (status: number) =>
    vi.fn(async () => {
      throw new K8shellError("no", { status, code: status === 404 ? "not_found" : "network_error" });
    });
  const away = failing(0);
  const unasked = openTab("ada", away);
  await expect.poll(() => away.mock.calls.length).toBe(1);
  unasked.close();
  expect(map.size).toBe(1);
  const { offered, close } = openTab("ada", failing(404));
  await expect.poll(() => map.size).toBe(0);
  expect(offered).toEqual([]);
  close();
});

test("a browser without locks offers nothing, since another tab may have it", async () => {
  expect(await createUploadLocks(undefined).wait("f", AbortSignal.timeout(1_000))).toBe(false);
});
