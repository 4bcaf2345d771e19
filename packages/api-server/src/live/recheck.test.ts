import { generateKeyPairSync } from "node:crypto";
import { SignJWT } from "jose";
import { expect, test } from "vitest";
import { createJwtVerifier } from "../auth/jwt-verifier.ts";
import type { Principal } from "../auth/principal.ts";
import { ApiError } from "../http/api-error.ts";
import { createRecheck, type RecheckDeps } from "./recheck.ts";

const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const verifier = createJwtVerifier({ key: publicKey.export({ type: "spki", format: "pem" }).toString() });
const now = Math.floor(Date.now() / 1000);
const sign = (exp: number, roles: string[] = []) =>
  new SignJWT({ sub: "alice", source: "local", org: "default", roles })
    .setProtectedHeader({ alg: "ES256" })
    .setIssuedAt(now - 7200)
    .setExpirationTime(exp)
    .sign(privateKey);
const principalOf = async (credential: Principal["credential"], exp = now + 60): Promise<Principal> => ({
  username: "alice",
  org: "default",
  roles: [],
  jwt: await sign(exp),
  credential,
});
const unused = () => {
  throw new Error("not to be asked");
};

const recheckWith = (changes: Partial<RecheckDeps>) => {
  const asked: Principal[] = [];
  const recheck = createRecheck({
    locks: { refuseLocked: () => {} },
    sessions: { check: unused },
    pats: { resolve: unused },
    verifier,
    renewJwt: unused,
    stillAllowed: async (principal) => void asked.push(principal),
    ...changes,
  });
  return { recheck, asked };
};
const pat = { kind: "pat", scopes: ["*"], preview: "k8sh_12345678", hash: "0" } as const;

test("a token is resolved again, with the scopes it has now, and is due when it ends", async () => {
  const narrowed = await principalOf({ ...pat, scopes: ["workspace:read"] }, now + 500);
  const resolved: string[] = [];
  const { recheck, asked } = recheckWith({
    pats: {
      async resolve(token) {
        resolved.push(token);
        return narrowed;
      },
    },
  });
  const opened = { principal: await principalOf(pat), authorization: "Bearer k8sh_secret", decisions: [] };
  expect(await recheck(opened, false)).toBe((now + 500) * 1000);
  expect(resolved).toEqual(["k8sh_secret"]);
  expect(asked).toEqual([narrowed]);
});

test("the end of a user token does not end a connection while Identity issues another", async () => {
  const issued: string[] = [];
  const { recheck, asked } = recheckWith({
    async renewJwt(username, source) {
      issued.push(`${username}/${source}`);
      return sign(now + 60, ["guest"]);
    },
  });
  const opened = {
    principal: await principalOf({ kind: "jwt" }, now - 60),
    authorization: undefined,
    decisions: [],
  };
  await recheck(opened, false);
  expect(issued).toEqual(["alice/local"]);
  expect(asked).toMatchObject([{ username: "alice", roles: ["guest"] }]);
  const gone = recheckWith({ renewJwt: async () => undefined });
  await expect(gone.recheck(opened, false)).rejects.toMatchObject({ code: "unauthenticated" });
});

test("a locked account has no connection, and a denial of policy is passed on", async () => {
  const opened = {
    principal: await principalOf({ kind: "jwt" }),
    authorization: undefined,
    decisions: [],
  };
  const failing = (code: "account_locked" | "forbidden") => () => {
    throw new ApiError(code, "no");
  };
  const locked = recheckWith({ locks: { refuseLocked: failing("account_locked") } });
  await expect(locked.recheck(opened, false)).rejects.toMatchObject({ code: "account_locked" });
  const denied = recheckWith({ stillAllowed: async () => failing("forbidden")() });
  await expect(denied.recheck(opened, false)).rejects.toMatchObject({ code: "forbidden" });
});
