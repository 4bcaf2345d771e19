import { expect, test } from "vitest";
import { createSourceCheck } from "./source-address.ts";

test("without configuration only this machine may call", () => {
  const allowed = createSourceCheck(undefined);
  for (const address of ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "", undefined]) {
    expect([address, allowed(address)]).toEqual([address, true]);
  }
  for (const address of ["10.0.0.1", "192.168.1.1", "::2", "fe80::1", "::ffff:10.0.0.1", "nonsense"]) {
    expect([address, allowed(address)]).toEqual([address, false]);
  }
});

test("with ranges exactly those may call", () => {
  const allowed = createSourceCheck(["10.42.0.0/16", "fd00::/8", "192.0.2.7"]);
  for (const address of ["10.42.1.2", "::ffff:10.42.1.2", "fd12::1", "192.0.2.7"])
    expect(allowed(address)).toBe(true);
  for (const address of ["10.43.0.1", "192.0.2.8", "127.0.0.1", "fe80::1", undefined]) {
    expect(allowed(address)).toBe(false);
  }
  expect(createSourceCheck([])("127.0.0.1")).toBe(false);
});

test("a range that is not one is refused by name", () => {
  for (const range of ["10.0.0.0/33", "10.0.0/8", "nonsense", "10.0.0.0/", "10.0.0.0/-1", "fd00::/129"]) {
    expect(() => createSourceCheck([range])).toThrow(range);
  }
});
