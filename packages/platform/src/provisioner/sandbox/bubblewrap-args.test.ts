import { expect, test } from "vitest";
import { becomeUser, bubblewrapArguments } from "./bubblewrap-args.ts";
import { workspacePlace } from "./place.ts";
import type { SandboxSpec } from "./types.ts";

const spec: SandboxSpec = {
  name: "alice-59936c3",
  instance: "i",
  hostname: "alice-59936c3",
  user: { username: "alice", uid: 10_001, gid: 10_002, fullname: "", shell: "/bin/sh" },
  hostUid: 200_001,
  place: workspacePlace("/data/workspaces/alice-59936c3"),
  storages: [
    { source: "/data/s/inner", target: "/home/alice/data/inner" },
    { source: "/data/s/outer", target: "/home/alice/data" },
  ],
  limits: {},
};
const options = {
  spec,
  view: {
    system: [{ path: "/usr" }, { path: "/bin", link: "usr/bin" }],
    etc: ["ssl"],
    hidden: ["/usr/k8shell"],
  },
  tools: {
    node: "/n/node",
    dist: "/n/dist",
    entry: "workspaced.mjs",
    bin: [{ name: "tool", path: "/n/dist/bin/tool" }],
  },
  cgroups: [],
  identity: { uid: 10_001, gid: 10_002 },
  lifetime: "detached" as "detached" | "server",
};
const text = (changes: Partial<typeof options> = {}) =>
  bubblewrapArguments({ ...options, ...changes }).join(" ");

test("a sandbox has its own users, processes, IPC and host name, and the machine's network", () => {
  const args = text();
  for (const flag of ["user", "pid", "ipc", "uts"]) expect(args).toContain(`--unshare-${flag} `);
  expect(args).not.toContain("--unshare-net");
  expect(args).not.toContain("--unshare-all");
  expect(args).toContain("--uid 10001 --gid 10002");
});

test("the system is read-only and only the workspace's own directories can be written", () => {
  const args = bubblewrapArguments(options);
  const writable = args.flatMap((argument, index) => (argument === "--bind" ? [args[index + 2]] : []));
  expect(writable).toEqual([
    "/tmp",
    "/run/k8shell",
    "/var/lib/k8shell",
    "/home/alice",
    "/home/alice/data",
    "/home/alice/data/inner",
  ]);
  expect(text()).toContain("--remount-ro /");
  expect(text()).not.toContain("/etc/shadow");
});

test("what must stay hidden below a system directory is covered after that directory is shown", () => {
  expect(text()).toMatch(/--ro-bind \/usr \/usr .*--perms 0000 --tmpfs \/usr\/k8shell /);
});

test("a workspace outlives the server, a single command does not", () => {
  expect(text()).not.toContain("--die-with-parent");
  expect(text({ lifetime: "server" })).toContain("--die-with-parent");
});

test("root is given up for the workspace's machine user, then mapped to the user's own ids", () => {
  const command = becomeUser({ hostUid: 200_001, inner: { uid: 10_001, gid: 10_002 } }).join(" ");
  expect(command).toMatch(/^setpriv --reuid=200001 --regid=200001 --clear-groups .*--bounding-set=-all/);
  expect(command).toMatch(/unshare --user --map-user=10001 --map-group=10002 --$/);
  expect(becomeUser({ hostUid: 7, inner: undefined }).join(" ")).not.toContain("unshare");
});
