import { beforeAll, describe, expect, test } from "vitest";
import { type Credentials, createWorkspace, handshakeStatus } from "../assembled.ts";
import { filled, float, list, object, oneOf, text, time } from "./go-json.ts";
import {
  appStatus,
  provider,
  provisionJob,
  sshSession,
  systemInfo,
  userCredential,
  userCredentialWithSecret,
  userProfile,
  userToken,
  workspaceCreateResponse,
  workspaceDetails,
} from "./objects.ts";
import { expectRows, usePlatform } from "./platform.ts";

/** rest-contract 1.1, row by row; the terminal, streams, files and signing in have files of their own. */

const platform = usePlatform();
const { call, admin } = platform;
let ann: Credentials;
let bob: Credentials;
let olga: Credentials;
let workspace: string;
let job: string;

beforeAll(async () => {
  ann = await platform.person("ann", { roles: ["developer"] });
  bob = await platform.person("bob", { roles: ["developer"] });
  olga = await platform.person("olga", { roles: ["org-admin"] });
  for (const [kind, scope] of [
    ["git", "https://github.com"],
    ["registry", "ghcr.io"],
  ]) {
    const body = { scope, subject: "ann-at-host", secret: "s3cret" };
    await call("POST", `/users/ann/credentials/${kind}`, { as: ann, body });
  }
  ({ workspace, jobId: job } = await createWorkspace(platform.assembled(), "ann", ann));
});

test("rows 1 and 2: health and providers are open to everybody", async () => {
  const health = object({
    status: oneOf("ok", "degraded"),
    version: filled,
    time,
    uptimeSeconds: float,
    backends: () => [],
    "isolation?": () => [],
  });
  await expectRows(platform, undefined, [
    ["GET", "/healthcheck", 200, health],
    ["GET", "/auth/providers", 200, list(provider)],
  ]);
  // The command line keeps exactly these and gives up when there are none.
  expect((await call("GET", "/auth/providers")).json).toContainEqual({
    name: "idp.k8shell.io/local",
    capabilities: expect.arrayContaining(["OnboardUserWebFlow"]),
  });
});

test("rows 6 to 10: what is about the caller", async () => {
  await expectRows(platform, ann, [
    ["GET", "/me/profile", 200, userProfile],
    ["GET", "/me/sessions", 200, list(sshSession)],
    ["GET", "/me/sessions?all=true&workspace=x&last_n=5", 200, list(sshSession)],
    ["GET", "/me/credentials", 200, list(userCredential)],
    ["GET", "/me/credentials?id=1", 200, list(userCredential)],
    ["GET", "/me/credentials?id=99", 200, list(userCredential)],
    ["GET", "/me/credentials/git?scope=https%3A%2F%2Fgithub.com", 200, userCredentialWithSecret],
    ["GET", "/me/credentials/registry?scope=ghcr.io", 200, userCredentialWithSecret],
    ["GET", "/me/credentials/git?scope=https%3A%2F%2Fgitlab.com", 404],
    ["GET", "/me/credentials/password?scope=x", 400],
    ["GET", "/me/blueprints", 200, list(filled)],
  ]);
  expect((await call("GET", "/me/blueprints", { as: ann })).json).toEqual(["dev"]);
  expect((await call("GET", "/me/credentials?id=1", { as: ann })).json).toHaveLength(1);
});

test("rows 11 to 16: the same about a user, for that user and for administrators", async () => {
  for (const as of [ann, olga, admin()]) {
    await expectRows(platform, as, [
      ["GET", "/users/ann/profile", 200, userProfile],
      ["GET", "/users/ann/sessions?all=true", 200, list(sshSession)],
      ["GET", "/users/ann/credentials", 200, list(userCredential)],
      ["GET", "/users/ann/credentials/git?scope=https%3A%2F%2Fgithub.com", 200, userCredentialWithSecret],
      ["GET", "/users/ann/blueprints", 200, list(filled)],
      ["GET", "/users", 200, list(userProfile)],
    ]);
  }
});

const aboutAnn = ["profile", "sessions", "credentials", "credentials/git?scope=x", "blueprints"];

test.each(aboutAnn)("rows 12 to 16: %s of somebody else is 403", async (what) => {
  expect((await call("GET", `/users/ann/${what}`, { as: bob })).status).toBe(403);
});

test.each(aboutAnn)("rows 12 to 16: %s of nobody is 404", async (what) => {
  expect((await call("GET", `/users/nobody/${what}`, { as: admin() })).status).toBe(404);
});

test("a Kubernetes credential that cannot be resolved is 502", async () => {
  const body = { scope: "team-a", subject: "default" };
  expect((await call("POST", "/me/credentials/kubernetes", { as: ann, body })).status).toBe(201);
  expect((await call("GET", "/me/credentials/kubernetes?scope=team-a", { as: ann })).status).toBe(502);
});

test("row 17: a list is the caller's, a user's, or with all=true everybody's that the caller may see", async () => {
  const names = async (as: Credentials, query: string) => {
    const { status, json } = await call("GET", `/workspaces${query}`, { as });
    expect([status, list(workspaceDetails)(json, "")]).toEqual([200, []]);
    return Array.isArray(json) ? json.map((found) => found.name) : [];
  };
  expect(await names(ann, "")).toEqual([workspace]);
  expect(await names(ann, "?all=true")).toEqual([workspace]);
  expect(await names(bob, "")).toEqual([]);
  expect(await names(bob, "?all=true")).toEqual([]);
  expect(await names(admin(), "")).toEqual([]);
  expect(await names(admin(), "?all=true")).toEqual([workspace]);
  expect(await names(olga, "?all=true")).toEqual([workspace]);
  expect(await names(admin(), "?username=ann")).toEqual([workspace]);
  expect(await names(admin(), "?username=Ann&all=true")).toEqual([workspace]);
  expect((await call("GET", "/workspaces?username=ann", { as: bob })).status).toBe(403);
});

describe("row 18: creating a workspace", () => {
  test.each([
    ["neither blueprint nor repository", 400, {}],
    ["both", 400, { blueprint: "dev", repoName: "x" }],
    [
      "a workload without its namespace",
      400,
      { blueprint: "dev", workloadKind: "Deployment", workloadName: "x" },
    ],
    ["a name that is too long", 400, { blueprint: "x".repeat(130) }],
    ["a field of the wrong type", 400, { blueprint: 7 }],
    ["a template", 400, { username: "admin", blueprint: "base" }],
    ["a blueprint that is not there", 404, { username: "admin", blueprint: "nope" }],
    ["an owner who is not there", 404, { username: "nobody", blueprint: "dev" }],
    ["one that runs already", 409, { username: "ann", blueprint: "dev" }],
  ])("%s: %i", async (_what, status, body) => {
    expect((await call("POST", "/workspaces", { as: admin(), body })).status).toBe(status);
  });

  test("for somebody else, or from a blueprint that no role gives: 403", async () => {
    const dev = { username: "ann", blueprint: "dev" };
    expect((await call("POST", "/workspaces", { as: bob, body: dev })).status).toBe(403);
    const plain = await platform.person("plain");
    expect((await call("POST", "/workspaces", { as: plain, body: { blueprint: "dev" } })).status).toBe(403);
  });

  test("202 with the workspace, its job and where to follow it; stop, list, start again and delete", async () => {
    const as = bob;
    const body = { username: "BOB", blueprint: "dev", repoOwner: "", repoName: "" };
    const made = await call("POST", "/workspaces", { as, body });
    expect([made.status, workspaceCreateResponse(made.json, "")]).toEqual([202, []]);
    const created = made.json as { workspace: string; jobId: string; monitorUrl: string };
    expect(created).toEqual({
      workspace: expect.stringMatching(/^bob-[0-9a-f]{7}$/),
      jobId: created.jobId,
      monitorUrl: `/api/v1/jobs/${created.jobId}`,
    });
    const follow = { as, headers: { accept: "text/event-stream" } };
    await call("GET", `/jobs/${created.jobId}`, follow);

    const path = `/workspaces/${created.workspace}`;
    const message = object({ message: text });
    // A parameter without a value is not meant.
    await expectRows(platform, as, [["DELETE", `${path}?delete=`, 202, message]]);
    const stopped = await call("GET", path, { as });
    expect([stopped.json, workspaceDetails(stopped.json, "")]).toMatchObject([
      { status: "Stopped", podIP: "" },
      [],
    ]);
    await expectRows(platform, as, [
      ["GET", `${path}/sysinfo`, 409],
      ["GET", `${path}/apps`, 409],
      ["GET", `${path}/files?path=x`, 409],
      ["GET", path, 200, workspaceDetails],
      ["DELETE", path, 202, message],
    ]);
    const again = await call("POST", "/workspaces", { as, body });
    expect([again.status, again.json]).toMatchObject([202, { workspace: created.workspace }]);
    await call("GET", (again.json as { monitorUrl: string }).monitorUrl.replace("/api/v1", ""), follow);
    await expectRows(platform, as, [
      ["DELETE", `${path}?delete=true`, 202, message],
      ["GET", path, 404],
      ["DELETE", `${path}?delete=true`, 404],
    ]);
  });
});

test("rows 19 and 21: details and system information", async () => {
  await expectRows(platform, ann, [
    ["GET", `/workspaces/${workspace}`, 200, workspaceDetails],
    ["GET", `/workspaces/${workspace}/sysinfo`, 200, systemInfo],
    ["GET", "/workspaces/nope", 404],
    ["GET", "/workspaces/nope/sysinfo", 404],
    ["DELETE", "/workspaces/nope", 404],
  ]);
  const { json } = await call("GET", `/workspaces/${workspace}`, { as: ann });
  expect(json).toMatchObject({
    status: "Running",
    username: "ann",
    blueprint: "dev",
    jobId: job,
    port: 2822,
  });
});

test.each(["", "/sysinfo", "/apps", "/apps/web/logs", "/files?path=x", "/interactive"])(
  "rows 19 to 28: GET /workspaces/…%s of somebody else is 403",
  async (rest) => {
    expect((await call("GET", `/workspaces/${workspace}${rest}`, { as: bob })).status).toBe(403);
  },
);

test("row 22: the terminal is refused before the upgrade, and needs a WebSocket", async () => {
  const path = `/workspaces/${workspace}/interactive`;
  const upgrade = (to: string, as: Credentials) =>
    handshakeStatus(platform.assembled().server, `/api/v1${to}`, as);
  expect(await upgrade(path, {})).toBe(401);
  expect(await upgrade(path, bob)).toBe(403);
  expect(await upgrade("/workspaces/nope/interactive", ann)).toBe(404);
  expect(await upgrade(`${path}?tab=t1&cols=80&rows=24`, ann)).toBe(101);
  expect((await call("GET", path, { as: ann })).status).toBe(426);
});

test("rows 23 to 27: apps", async () => {
  const apps = `/workspaces/${workspace}/apps`;
  await expectRows(platform, ann, [
    ["GET", apps, 200, list(appStatus)],
    ["GET", `${apps}/nope/logs`, 404],
    ["POST", `${apps}/nope/start`, 404],
    ["POST", `${apps}/nope/stop`, 404],
    ["POST", `${apps}/nope/install`, 404],
    ["POST", `${apps}/web/start`, 204],
    ["GET", apps, 200, list(appStatus)],
    ["POST", `${apps}/web/start`, 409],
    ["POST", `${apps}/web/stop`, 204],
    ["GET", `${apps}/web/logs?logType=other`, 400],
  ]);
});

test("row 30: a job is JSON unless a stream is asked for", async () => {
  await expectRows(platform, ann, [
    ["GET", `/jobs/${job}`, 200, provisionJob],
    ["GET", "/jobs/00000000-0000-4000-8000-000000000000", 404],
    ["GET", "/jobs/..%2f..%2fx", 400],
  ]);
  expect((await call("GET", `/jobs/${job}`, { as: bob })).status).toBe(403);
  expect((await call("GET", `/jobs/${job}`, { as: olga })).status).toBe(200);
});

test("row 31: a user token for the caller only, which works as a bearer token", async () => {
  await expectRows(platform, ann, [
    ["POST", "/internal/users/ann/token", 200, userToken],
    ["POST", "/internal/users/bob/token", 403],
    ["POST", "/internal/users/nobody/token", 403],
  ]);
  expect((await call("POST", "/internal/users/ann/token")).status).toBe(401);
  const narrow = await platform.token("ann", ["user:read:profile"]);
  expect((await call("POST", "/internal/users/ann/token", { as: narrow })).status).toBe(403);
  const { json } = await call("POST", "/internal/users/ann/token", { as: ann });
  const { token } = json as { token: string };
  const asJwt = { authorization: `Bearer ${token}` };
  await expectRows(platform, asJwt, [
    ["GET", "/me/profile", 200, userProfile],
    ["GET", "/workspaces", 200, list(workspaceDetails)],
    ["GET", "/users/bob/profile", 403],
  ]);
  const claims = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
  expect(claims).toMatchObject({ sub: "ann", org: "default", roles: ["developer"], source: "local" });
  expect(object({ exp: float, iat: float })({ exp: claims.exp, iat: claims.iat }, "")).toEqual([]);
});
