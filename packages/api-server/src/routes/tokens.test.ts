import { describe, expect, it } from "vitest";
import type { Principal } from "../auth/principal.ts";
import { checkScopes, expiryOf } from "./tokens.ts";

const principal = (credential: Principal["credential"]): Principal => ({
  username: "alice",
  org: "default",
  roles: [],
  jwt: "",
  credential,
});
const browser = principal({ kind: "session", sessionId: "s" });
const pat = (...scopes: string[]) => principal({ kind: "pat", scopes, preview: "k8sh_12345678", hash: "" });

describe("the scopes of a new token", () => {
  it("are limited by the decision", () => {
    const cap = { scopes: '["workspace:*", "session:list"]' };
    expect(() => checkScopes(["workspace:read", "session:list:self"], cap, browser)).not.toThrow();
    expect(() => checkScopes(["*"], cap, browser)).toThrow(expect.objectContaining({ code: "forbidden" }));
  });

  it("cannot be wider than those of the token that makes it", () => {
    expect(() => checkScopes(["token:read"], {}, pat("token:*"))).not.toThrow();
    expect(() => checkScopes(["*"], {}, pat("token:*"))).toThrow(
      expect.objectContaining({ code: "insufficient_scope" }),
    );
    expect(() => checkScopes(["token:read"], {}, pat("token:*:self"))).toThrow();
  });
});

describe("the end of a new token", () => {
  const now = Date.parse("2026-01-01T00:00:00Z");
  const day = { expires_in: "24h" };

  it("is what was asked for, or never", () => {
    expect(expiryOf("2026-02-01T00:00:00Z", {}, now)).toBe(Date.parse("2026-02-01T00:00:00Z"));
    expect(expiryOf(undefined, { expires_in: "never" }, now)).toBeUndefined();
    expect(expiryOf("0001-01-01T00:00:00Z", {}, now)).toBeUndefined();
  });

  it("is the latest that the decision allows when none was asked for", () => {
    expect(expiryOf(undefined, day, now)).toBe(now + 86_400_000);
  });

  it("cannot be later than the decision allows, nor past", () => {
    expect(() => expiryOf("2026-01-03T00:00:00Z", day, now)).toThrow(
      expect.objectContaining({ status: 403 }),
    );
    expect(expiryOf("2026-01-02T00:00:00Z", day, now)).toBe(now + 86_400_000);
    expect(() => expiryOf("2025-12-31T00:00:00Z", {}, now)).toThrow(expect.objectContaining({ status: 400 }));
  });
});
