import { describe, expect, it } from "vitest";
import {
  checkGrantedRoles,
  listObligation,
  listRestriction,
  parseGoDuration,
  tokenLifetime,
} from "./obligations.ts";

describe("obligations", () => {
  it("restrict a list by user, organization, roles and blueprints", () => {
    expect(
      listRestriction({ username: "alice", org: "acme", roles: '["dev"]', blueprints: '["base"]' }),
    ).toEqual({
      username: "alice",
      org: "acme",
      roles: ["dev"],
      blueprints: ["base"],
    });
    expect(listRestriction({})).toEqual({
      username: undefined,
      org: undefined,
      roles: undefined,
      blueprints: undefined,
    });
  });

  it.each(["dev", "{}", '["a", 1]', "[", "null"])(
    "that should be a list and are %s stop the request",
    (roles) => {
      expect(() => listObligation({ roles }, "roles")).toThrow(expect.objectContaining({ status: 500 }));
    },
  );

  it("are not looked for on the prototype", () => {
    expect(listObligation({}, "constructor")).toBeUndefined();
  });

  it("limit the roles that may be given", () => {
    expect(() => checkGrantedRoles(["dev", "admin"], { roles: '["dev"]' })).toThrow(/admin/);
    expect(() => checkGrantedRoles(["dev"], { roles: '["dev"]' })).not.toThrow();
    expect(() => checkGrantedRoles(["dev"], { roles: "[]" })).toThrow(
      expect.objectContaining({ status: 403 }),
    );
    expect(() => checkGrantedRoles(["admin"], {})).not.toThrow();
  });

  it("limit the life of tokens in Go's durations", () => {
    expect(tokenLifetime({ expires_in: "never" })).toBeUndefined();
    expect(tokenLifetime({})).toBeUndefined();
    expect(tokenLifetime({ expires_in: "2160h" })).toBe(90 * 86_400_000);
    expect(() => tokenLifetime({ expires_in: "soon" })).toThrow(expect.objectContaining({ status: 500 }));
  });
});

describe("a Go duration", () => {
  it.each([
    ["1h30m", 5_400_000],
    ["1.5h", 5_400_000],
    ["90s", 90_000],
    ["100ms", 100],
    ["1000us", 1],
    ["0", 0],
  ])("%s is %i ms", (text, ms) => {
    expect(parseGoDuration(text)).toBe(ms);
  });

  it.each(["", "h", "5", "1d", "-1h", "1h ", "1h30"])("is not %j", (text) => {
    expect(parseGoDuration(text)).toBeUndefined();
  });
});
