import { createHmac, createPrivateKey, createPublicKey, randomUUID } from "node:crypto";
import { SignJWT } from "jose";
import { afterAll, beforeAll, expect, test } from "vitest";
import { foreignKey, type GatewayHarness, startGateway } from "../gateway-harness.ts";

let gateway: GatewayHarness;
beforeAll(async () => {
  gateway = await startGateway();
  await gateway.addUser("alice");
});
afterAll(() => gateway.close());

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
const claims = () => ({
  sub: "admin",
  roles: ["admin"],
  org: "default",
  iat: Math.floor(Date.now() / 1000),
  exp: Math.floor(Date.now() / 1000) + 600,
});
const profile = async (token: string) => {
  const response = await gateway.api("GET", "/me/profile", { token });
  return { status: response.status, body: (await response.json()) as { code?: string; username?: string } };
};

test("a token of the platform's own issuer is accepted", async () => {
  const { status, body } = await profile(await gateway.issueJwt("alice"));
  expect(status).toBe(200);
  expect(body.username).toBe("alice");
});

test("alg none is refused", async () => {
  const token = `${encode({ alg: "none", typ: "JWT" })}.${encode(claims())}.`;
  expect((await profile(token)).status).toBe(401);
});

test("HS256 with the public key as its secret is refused", async () => {
  const signed = `${encode({ alg: "HS256", typ: "JWT" })}.${encode(claims())}`;
  const pem = createPublicKey(gateway.identityKey).export({ type: "spki", format: "pem" });
  const signature = createHmac("sha256", pem).update(signed).digest("base64url");
  expect((await profile(`${signed}.${signature}`)).status).toBe(401);
});

test("a token signed with a foreign key is refused", async () => {
  const { privateKey } = foreignKey();
  const token = await new SignJWT(claims()).setProtectedHeader({ alg: "ES256" }).sign(privateKey);
  expect((await profile(token)).status).toBe(401);
});

test("a foreign key that the token itself brings is refused", async () => {
  const { privateKey, publicKey } = foreignKey();
  const token = await new SignJWT(claims())
    .setProtectedHeader({ alg: "ES256", jwk: { ...publicKey.export({ format: "jwk" }), kty: "EC" } })
    .sign(privateKey);
  expect((await profile(token)).status).toBe(401);
});

test("a changed claim breaks the signature", async () => {
  const [header, payload = "", signature] = (await gateway.issueJwt("alice")).split(".");
  const changed = { ...JSON.parse(Buffer.from(payload, "base64url").toString()), sub: "admin" };
  expect((await profile(`${header}.${encode(changed)}.${signature}`)).status).toBe(401);
});

test("an expired token is told from a bad one", async () => {
  const { createJwtVerifier } = await import("../../src/auth/jwt-verifier.ts");
  const { privateKey, publicKey } = foreignKey();
  const pem = publicKey.export({ type: "spki", format: "pem" }).toString();
  const verifier = createJwtVerifier({ key: pem });
  const past = { ...claims(), iat: 1, exp: 2 };
  const expired = await new SignJWT(past).setProtectedHeader({ alg: "ES256" }).sign(privateKey);
  await expect(verifier.verify(expired)).rejects.toMatchObject({ code: "token_expired" });
  await expect(verifier.verify(`${expired}x`)).rejects.toMatchObject({ code: "unauthenticated" });
  const { exp: _, ...endless } = claims();
  const withoutEnd = await new SignJWT(endless).setProtectedHeader({ alg: "ES256" }).sign(privateKey);
  await expect(verifier.verify(withoutEnd)).rejects.toMatchObject({ code: "unauthenticated" });
  const future = { ...claims(), iat: claims().iat + 120 };
  const early = await new SignJWT(future).setProtectedHeader({ alg: "ES256" }).sign(privateKey);
  await expect(verifier.verify(early)).rejects.toMatchObject({ code: "unauthenticated" });
});

test("issuer and audience are checked when configured, and only then", async () => {
  const { createJwtVerifier } = await import("../../src/auth/jwt-verifier.ts");
  const { privateKey, publicKey } = foreignKey();
  const key = publicKey.export({ type: "spki", format: "pem" }).toString();
  const token = await new SignJWT({ ...claims(), iss: "a", aud: "b" })
    .setProtectedHeader({ alg: "ES256" })
    .sign(privateKey);
  const verify = (options: { issuer?: string; audience?: string }) =>
    createJwtVerifier({ key, ...options }).verify(token);
  await expect(verify({})).resolves.toMatchObject({ sub: "admin" });
  await expect(verify({ issuer: "a", audience: "b" })).resolves.toMatchObject({ sub: "admin" });
  await expect(verify({ issuer: "x" })).rejects.toMatchObject({ code: "unauthenticated" });
  await expect(verify({ audience: "x" })).rejects.toMatchObject({ code: "unauthenticated" });
});

test("a private key serves as well, and a signing method that is not the key's is refused", async () => {
  const { createJwtVerifier } = await import("../../src/auth/jwt-verifier.ts");
  const { privateKey } = foreignKey();
  const key = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const token = await new SignJWT({ ...claims(), organization: "acme", org: undefined })
    .setProtectedHeader({ alg: "ES256" })
    .sign(createPrivateKey(key));
  expect((await createJwtVerifier({ key, signingMethod: "es256" }).verify(token)).org).toBe("acme");
  expect(() => createJwtVerifier({ key, signingMethod: "rs256" })).toThrow(/signingMethod/);
  expect(() => createJwtVerifier({ key, signingMethod: "hs256" })).toThrow(/signingMethod/);
});

test("malformed Authorization headers are refused, not ignored, even beside a valid cookie", async () => {
  const cookie = await gateway.signIn("alice");
  for (const authorization of [
    "",
    "Bearer",
    "Bearer a b",
    "Basic YTpi",
    "Bearer k8sh_",
    `Token ${randomUUID()}`,
  ]) {
    const response = await gateway.api("GET", "/me/profile", { headers: { authorization, cookie } });
    expect([authorization, response.status]).toEqual([authorization, 401]);
  }
});
