import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { isOwnCgroup, readOwnCgroup } from "./cgroup.ts";
import { createCpuHistory } from "./cpu-history.ts";
import { answerHandshake, daemonVersion } from "./handshake.ts";
import { parseMountInfo, selectMounts } from "./mounts.ts";

const tree = (files: Record<string, string>): string => {
  const root = mkdtempSync(join(tmpdir(), "cgroup-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return root;
};

test("a version 2 group tells usage without droppable cache, and its limits", () => {
  const root = tree({
    self: "0::/pod\n",
    "cgroup.controllers": "cpu memory\n",
    "pod/cpu.stat": "usage_usec 5000\nuser_usec 1\n",
    "pod/cpu.max": "150000 100000\n",
    "pod/memory.current": "3000\n",
    "pod/memory.stat": "anon 1\ninactive_file 1000\n",
    "pod/memory.max": "9000\n",
  });
  expect(readOwnCgroup(root, join(root, "self"))).toEqual({
    cpuMicroseconds: 5000,
    memoryBytes: 2000,
    cpuLimitMillicores: 1500,
    memoryLimitBytes: 9000,
  });
});

test("a group without limits has none, and one mounted as the root is found there", () => {
  const root = tree({
    self: "0::/host/path/that/is/not/mounted\n",
    "cgroup.controllers": "cpu memory\n",
    "cpu.stat": "usage_usec 7\n",
    "cpu.max": "max 100000\n",
    "memory.current": "10\n",
    "memory.max": "max\n",
  });
  expect(readOwnCgroup(root, join(root, "self"))).toEqual({
    cpuMicroseconds: 7,
    memoryBytes: 10,
    cpuLimitMillicores: undefined,
    memoryLimitBytes: undefined,
  });
});

test("version 1 groups are read from one directory per controller", () => {
  const root = tree({
    self: "4:memory:/pod\n3:cpu,cpuacct:/pod\n",
    "cpu/pod/cpu.cfs_quota_us": "50000\n",
    "cpu/pod/cpu.cfs_period_us": "100000\n",
    "cpuacct/pod/cpuacct.usage": "5000000\n",
    "memory/pod/memory.usage_in_bytes": "3000\n",
    "memory/pod/memory.stat": "total_inactive_file 500\n",
    "memory/pod/memory.limit_in_bytes": "9223372036854771712\n",
  });
  expect(readOwnCgroup(root, join(root, "self"))).toEqual({
    cpuMicroseconds: 5000,
    memoryBytes: 2500,
    cpuLimitMillicores: 500,
    memoryLimitBytes: undefined,
  });
});

test("a group shared with the launcher, or with processes out of sight, is not the workspace's", () => {
  const group = (members: string) => {
    const root = tree({ self: "0::/\n", "cgroup.controllers": "", "cgroup.procs": members });
    return isOwnCgroup(77, root, join(root, "self"));
  };
  expect(group("10\n11\n")).toBe(true);
  expect(group("10\n77\n")).toBe(false);
  expect(group("0\n10\n")).toBe(false);
});

test("without control groups nothing is known", () => {
  const root = tree({ self: "" });
  expect(readOwnCgroup(root, join(root, "self"))).toEqual({
    cpuMicroseconds: undefined,
    memoryBytes: undefined,
    cpuLimitMillicores: undefined,
    memoryLimitBytes: undefined,
  });
  expect(isOwnCgroup(77, root, join(root, "self"))).toBe(false);
});

test("CPU use is millicores between readings and their mean over a time", () => {
  const history = createCpuHistory();
  expect(history.current()).toBe(0);
  history.add(0, 0);
  history.add(30_000, 30_000_000);
  expect(history.current()).toBe(1000);
  history.add(60_000, 30_000_000);
  history.add(90_000, 45_000_000);
  expect(history.current()).toBe(500);
  expect(history.average(60_000)).toBe(250);
  expect(history.average(15 * 60_000)).toBe(500);
  history.add(120_000, 1_000_000);
  expect(history.current()).toBe(0);
});

const mountInfo = [
  "22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw",
  "23 22 0:21 / /proc rw - proc proc rw",
  "24 22 8:1 /usr /usr ro,nosuid - ext4 /dev/sda1 rw",
  "25 22 8:2 / /home/alice rw shared:1 - xfs /dev/sdb rw",
  "26 22 0:30 / /tmp rw - tmpfs tmpfs rw",
  "27 22 0:31 / /dev/shm rw - tmpfs shm rw",
  "28 22 8:3 / /data\\040set ro - ext4 /dev/sdc ro",
  "29 25 8:4 / /home/alice rw - xfs /dev/sdd rw",
  "broken line",
].join("\n");

test("mounts are parsed with their escapes, and a broken line is left out", () => {
  const mounts = parseMountInfo(mountInfo);
  expect(mounts).toHaveLength(8);
  expect(mounts[6]).toEqual({
    device: "8:3",
    mountPoint: "/data set",
    source: "/dev/sdc",
    fsType: "ext4",
    options: ["ro"],
    readOnly: true,
  });
});

test("only mounts with a user's files are reported: the uppermost, and read-only ones when declared", () => {
  const selected = (declared: string[]) =>
    selectMounts(parseMountInfo(mountInfo), new Set(declared)).map(
      ({ mountPoint, source }) => `${mountPoint} ${source}`,
    );
  expect(selected([])).toEqual(["/ /dev/sda1", "/home/alice /dev/sdd", "/tmp tmpfs"]);
  expect(selected(["/data set"])).toContain("/data set /dev/sdc");
});

test("a handshake accepts the same major version in every spelling", () => {
  for (const version of ["", daemonVersion, `v${daemonVersion}`, "0.99.0-abc", "0"]) {
    expect(answerHandshake(version, "abc").accepted).toBe(true);
  }
  for (const version of ["1.0.0", "x.y", "10.1"])
    expect(answerHandshake(version, "abc").accepted).toBe(false);
  expect(answerHandshake("", "abc").serverVersion).toBe(`${daemonVersion}-abc`);
});
