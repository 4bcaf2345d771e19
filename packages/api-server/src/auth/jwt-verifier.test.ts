import { generateKeyPairSync } from "node:crypto";
import { SignJWT } from "jose";
import { expect, test } from "vitest";
import { createJwtVerifier } from "./jwt-verifier.ts";

const claims = { sub: "alice", exp: Math.floor(Date.now() / 1000) + 600 };
const secret = "a secret of the platform's services";

test("hs256 verifies tokens with the shared secret, and no others", async () => {
  const verifier = createJwtVerifier({ key: secret, signingMethod: "hs256" });
  const sign = (alg: string, key: Parameters<SignJWT["sign"]>[0]) =>
    new SignJWT(claims).setProtectedHeader({ alg }).sign(key);
  expect(await verifier.verify(await sign("HS256", Buffer.from(secret)))).toMatchObject({ sub: "alice" });
  const foreign = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
  const refused = [
    await sign("HS256", Buffer.from("another secret")),
    await sign("HS512", Buffer.from(secret.repeat(2))),
    await sign("ES256", foreign),
  ];
  for (const token of refused) {
    await expect(verifier.verify(token)).rejects.toMatchObject({ code: "unauthenticated" });
  }
});

test("the moment of issue is as exact as an issuer with the same clock says, and else the end of the second", async () => {
  const iat = 1_800_000_000;
  const options = { key: secret, signingMethod: "hs256", now: () => iat * 1000 };
  const issuedAt = async (more: Record<string, unknown>, sameClock = true) => {
    const token = new SignJWT({ ...claims, exp: iat + 600, iat, ...more }).setProtectedHeader({
      alg: "HS256",
    });
    const verifier = createJwtVerifier({ ...options, sameClock });
    return (await verifier.verify(await token.sign(Buffer.from(secret)))).issuedAtMs;
  };
  expect(await issuedAt({ iatMs: iat * 1000 + 123 })).toBe(iat * 1000 + 123);
  expect(await issuedAt({ iatMs: iat * 1000 + 123 }, false)).toBe(iat * 1000 + 999);
  expect(await issuedAt({})).toBe(iat * 1000 + 999);
  for (const iatMs of ["x", null, iat * 1000 + 1000, iat])
    expect(await issuedAt({ iatMs })).toBe(iat * 1000 + 999);
});
