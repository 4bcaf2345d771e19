import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import { workspacePlace } from "./place.ts";

test("the socket lies with the workspace's other files where its path fits", () => {
  const place = workspacePlace("/data/workspaces/alice-59936c3");
  expect(place.socket).toBe("/data/workspaces/alice-59936c3/run/daemon.sock");
});

test("a path too long for a socket is replaced by a short one of its own", () => {
  const long = (name: string) => workspacePlace(`/${"d".repeat(100)}/workspaces/${name}`);
  const one = long("alice-59936c3");
  expect(one.socket.startsWith(`${tmpdir()}/k8shell-`)).toBe(true);
  expect(Buffer.byteLength(one.socket)).toBeLessThanOrEqual(100);
  expect(one.socket).not.toBe(long("alice-5993600").socket);
  expect(one.home.startsWith(`/${"d".repeat(100)}/`)).toBe(true);
});
