import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Code } from "@k8shell/rpc";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createCallerCheck } from "../../src/assemble/serve/caller-check.ts";
import { createServiceAccountCheck } from "../../src/assemble/serve/service-account-tokens.ts";
import { makeCertificateFiles } from "./certificates.ts";

let dir: string;
let server: Server;
let issuer: string;
let caFile: string;
let askedWith: (string | undefined)[] = [];
let answersWith = 200;
type Key = Awaited<ReturnType<typeof generateKeyPair>>;
let key: Key;
let foreign: Key;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "k8shell-accounts-"));
  [key, foreign] = await Promise.all([generateKeyPair("RS256"), generateKeyPair("RS256")]);
  const jwks = { keys: [{ ...(await exportJWK(key.publicKey)), kid: "one", alg: "RS256", use: "sig" }] };
  const certificates = makeCertificateFiles(join(dir, "tls"), ["localhost"]);
  caFile = certificates.ca;
  // The part of the cluster's API server that gives out the keys.
  server = createServer(
    { cert: await readFile(certificates.certFile), key: await readFile(certificates.keyFile) },
    (request, response) => {
      askedWith.push(request.headers.authorization);
      if (request.url !== "/openid/v1/jwks") response.writeHead(404).end();
      else if (answersWith !== 200) response.writeHead(answersWith).end();
      else response.writeHead(200, { "content-type": "application/jwk-set+json" }).end(JSON.stringify(jwks));
    },
  );
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  issuer = `https://localhost:${(server.address() as AddressInfo).port}`;
  await writeFile(join(dir, "namespace"), "k8shell\n");
  await writeFile(join(dir, "token"), "the-pods-own-token\n");
});
afterAll(async () => {
  server.close();
  await rm(dir, { recursive: true, force: true });
});

const check = (accounts: readonly string[] = ["api-server"]) =>
  createServiceAccountCheck({ issuer, audience: "identity", accounts, caFile, podDir: dir });

interface Claims {
  readonly namespace?: string;
  readonly name?: string;
  readonly iss?: string;
  readonly aud?: string;
  readonly exp?: string;
  readonly signedBy?: Key;
}
const token = ({
  namespace = "k8shell",
  name = "api-server",
  iss = issuer,
  aud = "identity",
  exp = "10m",
  signedBy = key,
}: Claims = {}) =>
  new SignJWT({ "kubernetes.io": { namespace, serviceaccount: { name, uid: "1" }, pod: { name: "p" } } })
    .setProtectedHeader({ alg: "RS256", kid: "one" })
    .setIssuer(iss)
    .setAudience([aud])
    .setIssuedAt()
    .setExpirationTime(exp)
    .sign(signedBy.privateKey);

type Context = Parameters<ReturnType<typeof check>>[0];
const context = (authorization?: string) =>
  ({ metadata: authorization === undefined ? {} : { authorization } }) as unknown as Context;
const call = async (claims: Claims, accounts?: readonly string[]) =>
  check(accounts)(context(`Bearer ${await token(claims)}`));

test("a projected token of an allowed account is accepted, with keys fetched as the pod", async () => {
  askedWith = [];
  const checked = check();
  await checked(context(`Bearer ${await token()}`));
  await checked(context(`Bearer ${await token()}`));
  expect(askedWith).toEqual(["Bearer the-pods-own-token"]);
});

test.each<[string, Claims]>([
  ["of another issuer", { iss: "https://elsewhere" }],
  ["for another audience", { aud: "session" }],
  ["that has expired", { exp: "-1s" }],
])("a token %s is no token", async (_, claims) => {
  await expect(call(claims)).rejects.toMatchObject({ code: Code.Unauthenticated });
});

test("a token that the issuer has not signed is no token, and neither is none", async () => {
  await expect(call({ signedBy: foreign })).rejects.toMatchObject({ code: Code.Unauthenticated });
  const none = `${Buffer.from('{"alg":"none"}').toString("base64url")}.${Buffer.from("{}").toString("base64url")}.`;
  for (const authorization of [undefined, "Bearer ", "Basic eDp5", "Bearer garbage", `Bearer ${none}`]) {
    await expect(check()(context(authorization)), authorization).rejects.toMatchObject({
      code: Code.Unauthenticated,
    });
  }
});

test.each<[string, Claims, (readonly string[])?]>([
  ["of another account", { name: "console" }],
  ["of another namespace", { namespace: "elsewhere" }],
  ["of another namespace than the one named", {}, ["elsewhere/api-server"]],
])("a token %s is refused", async (_, claims, accounts) => {
  await expect(call(claims, accounts)).rejects.toMatchObject({ code: Code.PermissionDenied });
});

test("an account may be named in another namespace, or in any", async () => {
  await call({ namespace: "elsewhere" }, ["elsewhere/api-server"]);
  await call({ namespace: "anywhere" }, ["*/api-server"]);
});

test("an issuer that cannot be reached makes nobody's token wrong", async () => {
  const away = createServiceAccountCheck({
    issuer: "https://localhost:1",
    audience: "identity",
    accounts: ["k8shell/api-server"],
    caFile,
  });
  await expect(away(context(`Bearer ${await token()}`))).rejects.toMatchObject({ code: Code.Unavailable });
  // One that is not who it should be neither.
  const other = makeCertificateFiles(join(dir, "other"), ["localhost"]).ca;
  const doubtful = createServiceAccountCheck({
    issuer,
    audience: "identity",
    accounts: ["a/b"],
    caFile: other,
  });
  await expect(doubtful(context(`Bearer ${await token()}`))).rejects.toMatchObject({
    code: Code.Unavailable,
  });
});

test.each([204, 205, 304, 500])(
  "an issuer that answers with %i makes nobody's token wrong",
  async (status) => {
    answersWith = status;
    try {
      await expect(call({})).rejects.toMatchObject({ code: Code.Unavailable });
    } finally {
      answersWith = 200;
    }
  },
);

test("listed tokens and service accounts are accepted side by side", async () => {
  const file = join(dir, "listed");
  await writeFile(file, "a-listed-token\n");
  const both = createCallerCheck({
    tokenFiles: [file],
    serviceAccounts: { issuer, audience: "identity", accounts: ["api-server"], caFile, podDir: dir },
  });
  await both?.(context("Bearer a-listed-token"));
  await both?.(context(`Bearer ${await token()}`));
  await expect(Promise.resolve(both?.(context("Bearer another")))).rejects.toMatchObject({
    code: Code.Unauthenticated,
  });
});
