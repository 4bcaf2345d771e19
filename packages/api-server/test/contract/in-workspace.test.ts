import { beforeAll, expect, test } from "vitest";
import type { Credentials } from "../assembled.ts";
import { list } from "./go-json.ts";
import { sshSession, user, userCredentialWithSecret, userProfile } from "./objects.ts";
import { expectRows, type Row, usePlatform } from "./platform.ts";

/** rest-contract 4.4 and 4.5: limited tokens, first of all the one that every workspace has. */

const platform = usePlatform();
const { call } = platform;
let ann: Credentials;
let workspaceToken: Credentials;
beforeAll(async () => {
  ann = await platform.person("ann", { roles: ["developer"] });
  await platform.person("bob");
  workspaceToken = await platform.token("ann", [
    "session:list:self",
    "user:read:profile:self",
    "user:read:credentials:*:self",
    "user:write:password:self",
    "workspace:delete:self",
  ]);
  for (const [kind, scope] of [
    ["git", "https://github.com"],
    ["registry", "https://index.docker.io/v1/"],
  ]) {
    await call("POST", `/me/credentials/${kind}`, {
      as: ann,
      body: { scope, subject: "ann", secret: "s3cret" },
    });
  }
  await call("PUT", "/me/password", { as: ann, body: { password: "first password" } });
});

test("the tools in a workspace do what they are for with its token", async () => {
  await expectRows(platform, workspaceToken, [
    ["GET", "/me/profile", 200, userProfile],
    ["GET", "/users/ann/profile", 200, userProfile],
    ["GET", "/users/ann/credentials/git?scope=https%3A%2F%2Fgithub.com", 200, userCredentialWithSecret],
    // docker names a registry as it likes.
    [
      "GET",
      "/users/ann/credentials/registry?scope=https%3A%2F%2Findex.docker.io%2Fv1%2F",
      200,
      userCredentialWithSecret,
    ],
    ["GET", "/users/ann/credentials/git?scope=https%3A%2F%2Fexample.com", 404],
    ["GET", "/sessions?username=ann&workspace=ann-59936c3&last_n=100", 200, list(sshSession)],
    ["GET", "/users/ann/sessions?all=true", 200, list(sshSession)],
    [
      "PUT",
      "/users/ann/password",
      200,
      user,
      { password: "second password", current_password: "first password" },
    ],
    ["DELETE", "/workspaces/ann-59936c3?delete=true", 404],
  ]);
});

test("and nothing else", async () => {
  await expectRows(platform, workspaceToken, [
    ["PUT", "/users/ann/password", 403, undefined, { password: "third password" }],
    ["GET", "/sessions?username=bob", 403],
    ["GET", "/sessions?all=true", 403],
    ["GET", "/users/bob/credentials/git?scope=x", 403],
    ["GET", "/users", 403],
    ["GET", "/workspaces", 403],
    ["POST", "/workspaces", 403, undefined, { username: "ann", blueprint: "dev" }],
    ["POST", "/me/tokens", 403, undefined, { name: "more", scopes: ["*"] }],
    ["GET", "/me/tokens", 403],
    ["GET", "/me/blueprints", 403],
    ["GET", "/me/keys", 403],
    ["PATCH", "/me/profile", 403, undefined, { fullname: "x" }],
    ["POST", "/internal/users/ann/token", 403],
  ]);
});

/** What each scope opens (rest-contract 4.4 and the last column of 1.1). */
const opened: ReadonlyArray<readonly [scope: string, ...row: Row]> = [
  ["user:read:profile", "GET", "/me/profile", 200],
  ["user:read:*", "GET", "/me/profile", 200],
  ["user:*", "GET", "/me/profile", 200],
  ["*", "GET", "/me/profile", 200],
  ["session:list", "GET", "/me/sessions", 200],
  ["session:*", "GET", "/users/ann/sessions", 200],
  ["user:read:credentials:git", "GET", "/me/credentials", 200],
  ["user:read:credentials:git", "GET", "/me/credentials/git?scope=https%3A%2F%2Fgithub.com", 200],
  ["user:read:credentials:*", "GET", "/me/credentials/git?scope=https%3A%2F%2Fgithub.com", 200],
  ["user:read:blueprints", "GET", "/me/blueprints", 200],
  ["user:list", "GET", "/users", 200],
  ["workspace:list", "GET", "/workspaces", 200],
  ["workspace:list:self", "GET", "/workspaces", 200],
  ["workspace:*:self", "GET", "/workspaces", 200],
  ["workspace:create", "POST", "/workspaces", 400, undefined, {}],
  ["user:read:keys", "GET", "/me/keys", 200],
  ["user:write:keys", "DELETE", "/me/keys/9", 400],
  ["token:read", "GET", "/me/tokens", 200],
  ["token:delete:self", "DELETE", "/me/tokens/999999", 404],
];

test.each(opened.map(([scope, ...row]) => ({ scope, row })))(
  "$scope opens $row.0 $row.1",
  async ({ scope, row }) => {
    await expectRows(platform, await platform.token("ann", [scope]), [row]);
  },
);

const closed: ReadonlyArray<readonly [scope: string, method: string, path: string]> = [
  ["user:read:profile", "GET", "/me/sessions"],
  ["user:read:credentials:registry", "GET", "/me/credentials/git?scope=https%3A%2F%2Fgithub.com"],
  ["workspace:list:self", "GET", "/workspaces?all=true"],
  ["workspace:*:self", "GET", "/workspaces?username=bob"],
  ["user:read:keys", "DELETE", "/me/keys/0"],
  ["token:read", "POST", "/me/tokens"],
  ["user:*", "GET", "/me/tokens"],
];

test.each(closed)("%s does not open %s %s", async (scope, method, path) => {
  await expectRows(platform, await platform.token("ann", [scope]), [[method, path, 403]]);
});

test("the list of credentials has only the kinds a token may read", async () => {
  const as = await platform.token("ann", ["user:read:credentials:registry:self"]);
  const { json } = await call("GET", "/me/credentials", { as });
  expect(json).toEqual([expect.objectContaining({ serviceName: "registry" })]);
});

test("/me is the caller, whoever the query names", async () => {
  expect((await call("GET", "/me/sessions?username=bob", { as: ann })).status).toBe(200);
});

test("a token cannot make one that may do more", async () => {
  const as = await platform.token("ann", ["token:*", "workspace:list"]);
  await expectRows(platform, as, [
    ["POST", "/me/tokens", 201, undefined, { name: "less", scopes: ["workspace:list:self"] }],
    ["POST", "/me/tokens", 403, undefined, { name: "more", scopes: ["workspace:*"] }],
    ["POST", "/me/tokens", 403, undefined, { name: "all", scopes: ["*"] }],
  ]);
});
