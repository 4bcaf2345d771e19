import { silentLog } from "@k8shell/contract";
import { AuthzService, type EvaluateRequest } from "@k8shell/contract/gen/authz/v1/authz_pb.js";
import { IdentityService } from "@k8shell/contract/gen/identity/v1/identity_pb.js";
import { type Client, inProcessChannel } from "@k8shell/rpc";
import { describe, expect, onTestFinished, test } from "vitest";
import { createAuthz } from "../../src/authz/index.ts";
import { testPostgres } from "../postgres/test-database.ts";
import { createBrowser } from "./browser.ts";
import { expectStatus, startIdentity } from "./start-identity.ts";

const provider = "idp.k8shell.io/local";
const redirectUri = "http://k8shell.test:9101/auth/callback";
const password = "correct horse";

interface Decision {
  allowed: boolean;
  obligations?: Record<string, string>;
}

const passwordAllowed = { allowed: true, obligations: { auth_methods: '["password"]' } };

/** Starts Identity with an Authz that answers as told, by action. */
const startWith = async (decisions: Record<string, Decision>) => {
  const asked: EvaluateRequest[] = [];
  const evaluate = (request: EvaluateRequest) => {
    asked.push(request);
    return decisions[request.action] ?? { allowed: false };
  };
  const channel = inProcessChannel([{ service: AuthzService, implementation: { evaluate } }]);
  onTestFinished(() => channel.close());
  return { ...(await startSignIn(() => channel.client(AuthzService))), asked };
};

const startSignIn = async (authz: () => Client<typeof AuthzService> | undefined) => {
  const started = await startIdentity({ authz });
  const { client, identity } = started;
  await client.createUser({ username: "alice", organization: "default", password });
  const browser = createBrowser(identity.signIn);
  const complete = async (location: string | null) => {
    const { searchParams } = new URL(location ?? "");
    const [state, code] = [searchParams.get("state") ?? "", searchParams.get("code") ?? ""];
    return client.completeUserWebFlow({ state, code });
  };
  const withPassword = async (fields: { createPat?: boolean } = {}) => {
    const { authUrl } = await client.onboardUserWebFlow({ provider, redirectUri, ...fields });
    const page = await browser.open(authUrl);
    return complete((await browser.submit(page, { username: "alice", password })).location);
  };
  const withLink = async () => {
    await browser.open(await identity.oneTimeLink("alice"));
    const { authUrl } = await client.onboardUserWebFlow({ provider, redirectUri });
    return complete((await browser.open(authUrl)).location);
  };
  return { ...started, withPassword, withLink };
};

describe("the sign-in policy", () => {
  test("is asked as the contract says", async () => {
    const { withPassword, asked } = await startWith({ "user:auth": passwordAllowed });
    const { userToken } = await withPassword();
    expect(asked).toMatchObject([
      {
        token: userToken,
        package: "user",
        action: "user:auth",
        resource: { type: "user", id: "alice", attributes: { idp: "local", org: "default" } },
        context: { surface: "web" },
      },
    ]);
  });

  test("can refuse a sign-in", async () => {
    const { withPassword, withLink } = await startWith({ "user:auth": { allowed: false } });
    await expectStatus(withPassword(), "PermissionDenied");
    await expectStatus(withLink(), "PermissionDenied");
  });

  test.each<Record<string, string>>([{}, { auth_methods: '["web"]' }, { auth_methods: "password" }])(
    "does not take a password with obligations %j",
    async (obligations) => {
      const { withPassword } = await startWith({ "user:auth": { allowed: true, obligations } });
      await expectStatus(withPassword(), "PermissionDenied");
    },
  );

  test("without passwords still takes a one-time link", async () => {
    const { withLink } = await startWith({ "user:auth": { allowed: true } });
    expect((await withLink()).userToken).not.toBe("");
  });
});

describe("the token of a command line", () => {
  test("is capped by the obligations of token:create", async () => {
    const { client, withPassword, clock } = await startWith({
      "user:auth": passwordAllowed,
      "token:create": {
        allowed: true,
        obligations: { scopes: '["user:list","session:list"]', expires_in: "1h30m" },
      },
    });
    const { pat, patError } = await withPassword({ createPat: true });
    expect(patError).toBe("");
    expect((await client.resolveAccessToken({ token: pat })).scopes).toEqual(["user:list", "session:list"]);
    const { tokens } = await client.listAccessTokens({ username: "alice" });
    expect(Number(tokens[0]?.expiresAt?.seconds)).toBe(Math.floor((clock.now + 5_400_000) / 1000));
  });

  test.each([
    ["policy refuses it", { allowed: false }],
    ["its limits cannot be read", { allowed: true, obligations: { expires_in: "soon" } }],
    ["its scopes are not known", { allowed: true, obligations: { scopes: '["nope"]' } }],
  ])("is left out with a reason when %s, and the sign-in stands", async (_title, decision) => {
    const { withPassword } = await startWith({ "user:auth": passwordAllowed, "token:create": decision });
    const answer = await withPassword({ createPat: true });
    expect(answer.pat).toBe("");
    expect(answer.patError).not.toBe("");
    expect(answer.userToken).not.toBe("");
  });
});

test("the default policies of the embedded Authz let people sign in both ways and make tokens", async () => {
  let client: Client<typeof AuthzService> | undefined;
  const { identity, dataDir, withPassword, withLink } = await startSignIn(() => client);
  const identityChannel = inProcessChannel(identity.registrations);
  const authz = await createAuthz({
    dataDir,
    postgres: await testPostgres(dataDir),
    identity: identityChannel.client(IdentityService),
    log: silentLog,
  });
  const authzChannel = inProcessChannel(authz.registrations);
  client = authzChannel.client(AuthzService);
  try {
    expect((await withPassword({ createPat: true })).pat).toMatch(/^k8sh_/);
    expect((await withLink()).userToken).not.toBe("");
  } finally {
    await authzChannel.close();
    await authz.close();
    await identityChannel.close();
  }
});
