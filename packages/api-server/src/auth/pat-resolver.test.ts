import { generateKeyPairSync } from "node:crypto";
import { IdentityService } from "@k8shell/contract/gen/identity/v1/identity_pb.js";
import { Code, inProcessChannel, RpcError, register } from "@k8shell/rpc";
import { SignJWT } from "jose";
import { expect, test } from "vitest";
import { sha256 } from "./hash.ts";
import { createJwtVerifier } from "./jwt-verifier.ts";
import { createPatResolver } from "./pat-resolver.ts";

const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const token = `k8sh_${"a".repeat(43)}`;

const setUp = (cacheMs?: number, now?: () => number) => {
  const state = {
    calls: 0,
    failure: undefined as RpcError | undefined,
    refusesUs: false,
    hold: Promise.resolve(),
  };
  const registration = register(IdentityService, {
    async resolveAccessToken() {
      state.calls += 1;
      await state.hold;
      if (state.failure) throw state.failure;
      const userToken = await new SignJWT({ sub: "alice", roles: [], org: "default" })
        .setProtectedHeader({ alg: "ES256" })
        .setExpirationTime("1h")
        .sign(privateKey);
      return { scopes: ["workspace:read"], userToken };
    },
    getAvailableIdentityProviders() {
      if (state.refusesUs) throw new RpcError(Code.Unauthenticated, "invalid service token");
      return {};
    },
  });
  const identity = inProcessChannel([registration]).client(IdentityService);
  const key = publicKey.export({ type: "spki", format: "pem" }).toString();
  return { state, pats: createPatResolver({ identity, verifier: createJwtVerifier({ key }), cacheMs, now }) };
};

test("many requests with one token ask Identity once", async () => {
  const { state, pats } = setUp();
  const answers = await Promise.all(Array.from({ length: 20 }, () => pats.resolve(token)));
  expect(state.calls).toBe(1);
  expect(answers[0]).toMatchObject({
    username: "alice",
    credential: { kind: "pat", scopes: ["workspace:read"], preview: "k8sh_aaaaaaaa", hash: sha256(token) },
  });
  expect(pats.peek(sha256(token))).toBe(answers[0]);
});

test("an answer is not believed beyond the token's own end", async () => {
  let now = Date.now();
  const { state, pats } = setUp(undefined, () => now);
  await pats.resolve(token);
  now += 3_599_000 - 2_000;
  expect(pats.peek(sha256(token))).toBeDefined();
  now += 4_000;
  expect(pats.peek(sha256(token))).toBeUndefined();
  state.failure = new RpcError(Code.Unauthenticated, "expired");
  await expect(pats.resolve(token)).rejects.toMatchObject({ code: "unauthenticated" });
});

test("a forgotten token is asked for again, also when an answer was under way", async () => {
  const { state, pats } = setUp();
  await pats.resolve(token);
  pats.forget("alice", "k8sh_other___");
  expect(pats.peek(sha256(token))).toBeDefined();
  pats.forget("alice", "k8sh_aaaaaaaa");
  expect(pats.peek(sha256(token))).toBeUndefined();

  const { promise, resolve } = Promise.withResolvers<void>();
  state.hold = promise;
  const underWay = pats.resolve(token);
  pats.forget("alice");
  resolve();
  await underWay;
  expect(pats.peek(sha256(token))).toBeUndefined();
});

test("an unknown token is 401; a service that is away is not", async () => {
  const { state, pats } = setUp();
  state.failure = new RpcError(Code.Unauthenticated, "unknown token");
  await expect(pats.resolve(token)).rejects.toMatchObject({ code: "unauthenticated" });
  state.failure = new RpcError(Code.Unavailable, "no database");
  await expect(pats.resolve(token)).rejects.toBe(state.failure);
  state.failure = undefined;
  await expect(pats.resolve(token)).resolves.toMatchObject({ username: "alice" });
});

test("an Identity that refuses this server's own token makes nobody's access token wrong", async () => {
  const { state, pats } = setUp();
  state.failure = new RpcError(Code.Unauthenticated, "invalid service token");
  state.refusesUs = true;
  const asked = await Promise.allSettled([pats.resolve(token), pats.resolve(`k8sh_${"b".repeat(43)}`)]);
  expect(asked.map((one) => one.status === "rejected" && one.reason)).toEqual([state.failure, state.failure]);
  state.refusesUs = false;
  await expect(pats.resolve(token)).rejects.toMatchObject({ code: "unauthenticated" });
});

test("text that cannot be a token never reaches Identity", async () => {
  const { state, pats } = setUp();
  for (const wrong of ["k8sh_", `${token}x`, token.slice(0, -1), `k8sh_${"!".repeat(43)}`]) {
    await expect(pats.resolve(wrong)).rejects.toMatchObject({ code: "unauthenticated" });
  }
  expect(state.calls).toBe(0);
});
