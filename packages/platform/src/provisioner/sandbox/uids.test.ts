import { expect, test } from "vitest";
import { chooseUidRange } from "./uids.ts";

const everything = "         0          0 4294967295\n";

test("on a machine workspaces get ids from 200000 on", () => {
  expect(chooseUidRange(everything, everything)).toEqual({ first: 200_000, count: 1_000_000_000 });
});

test("in a container with 65536 ids they get what lies above 20000", () => {
  const map = "0 100000 65536\n";
  expect(chooseUidRange(map, map)).toEqual({ first: 20_000, count: 45_536 });
});

test("rootless containers with two ranges use the one that is long enough", () => {
  const map = "         0       1000          1\n         1     100000      65536\n";
  expect(chooseUidRange(map, map)).toEqual({ first: 20_000, count: 45_537 });
});

test("an id must exist as user and as group", () => {
  expect(chooseUidRange(everything, "0 0 201000\n")).toEqual({ first: 200_000, count: 1000 });
  expect(chooseUidRange(everything, "0 1000 1\n")).toBeUndefined();
});

test("root of a single id cannot give users to workspaces", () => {
  expect(chooseUidRange("0 1000 1\n", "0 1000 1\n")).toBeUndefined();
});
