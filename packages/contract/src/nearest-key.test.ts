import { expect, it } from "vitest";
import { nearestKey } from "./nearest-key.ts";

const known = ["image", "storages", "defaultShell", "user"];

it("finds the key that is meant behind other capitals and typing errors", () => {
  expect(nearestKey("DEFAULTSHELL", known)).toBe("defaultShell");
  expect(nearestKey("storage", known)).toBe("storages");
  expect(nearestKey("imags", known)).toBe("image");
  expect(nearestKey("defaltShel", known)).toBe("defaultShell");
});

it("finds none where too much would have to be wrong", () => {
  expect(nearestKey("us", known)).toBeUndefined();
  expect(nearestKey("imgae", ["image"])).toBe(undefined);
  expect(nearestKey("resources", known)).toBeUndefined();
  expect(nearestKey("x", [])).toBeUndefined();
});
