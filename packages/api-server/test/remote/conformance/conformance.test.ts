import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { decode, encode, type WireMessage } from "../../../../workspaced/test/bare/wire.ts";
import { openTerminal } from "../../terminal-client.ts";
import { type BarePlatform, serviceNames, startBarePlatform } from "./bare-platform.ts";
import type { BareAnswer, BareCall } from "./bare-services.ts";
import { cases } from "./cases.ts";
import { audit, further } from "./further-cases.ts";
import { administration, daemon } from "./more-cases.ts";

let platform: BarePlatform;
beforeAll(async () => {
  platform = await startBarePlatform();
});
afterAll(() => platform?.close());
beforeEach(() => {
  platform.answers = {};
  platform.obligations = {};
  platform.take();
});

/** Bytes as text that shows where they differ. */
const hex = (bytes: Buffer): string =>
  bytes.toString("latin1").replace(/[^ -~]/g, (c) => `<${c.charCodeAt(0).toString(16)}>`);

test.each(Object.entries({ ...cases, ...administration, ...daemon, ...further }))(
  "%s goes out byte for byte as the contract says",
  async (_rpc, wanted) => {
    platform.answers = Object.fromEntries(
      Object.entries(wanted.answers).map(([path, message]) => [path, { messages: [message] }]),
    );
    platform.obligations = wanted.obligations ?? {};
    const response = await platform.request(...wanted.rest);
    const text = await response.text();
    const { calls, questions, all } = platform.take();

    expect({ status: response.status, text }).toEqual({ status: wanted.status, text: expect.any(String) });
    if (wanted.json !== undefined) expect(JSON.parse(text)).toMatchObject(Object(wanted.json));
    expect(calls.map(({ path, messages }) => [path, messages.map(hex)])).toEqual(
      wanted.calls.map(([path, message]) => [path, [hex(encode(message))]]),
    );
    expect(questions).toEqual(
      wanted.asks.map(([pkg, action, type, id, attributes, context]) => ({
        token: platform.jwt,
        package: pkg,
        action,
        type,
        id,
        attributes,
        context,
        patPreview: "",
      })),
    );
    for (const call of all) {
      expect(call.pseudo).toEqual({ method: "POST", scheme: "http" });
      const name = serviceNames.find((service) => call.path.startsWith(`/${service}.`));
      const unary = !call.path.endsWith("Stream");
      // Nothing else: the user's token is a message field, never metadata (surprising fact 2).
      expect(call.metadata).toEqual({
        te: "trailers",
        "content-type": "application/grpc",
        "user-agent": expect.stringMatching(/^grpc-node/),
        "grpc-accept-encoding": expect.any(String),
        "accept-encoding": expect.any(String),
        // For Authz's audit log.
        ...(name === "authz" ? { "x-request-id": expect.stringMatching(/^[\da-f-]{36}$/) } : {}),
        authorization: `Bearer ${name && platform.tokens[name]}`,
        ...(unary ? { "grpc-timeout": expect.stringMatching(/^\d{1,8}[mSu]$/) } : {}),
      });
    }
  },
);

/** Every gRPC status with the HTTP status that the REST contract gives it (section 6, row 21), and whose words are used. */
const statuses: ReadonlyArray<readonly [name: string, code: number, http: number, ownWords: boolean]> = [
  ["CANCELLED", 1, 499, false],
  ["UNKNOWN", 2, 500, false],
  ["INVALID_ARGUMENT", 3, 400, true],
  ["DEADLINE_EXCEEDED", 4, 504, false],
  ["NOT_FOUND", 5, 404, true],
  ["ALREADY_EXISTS", 6, 409, true],
  ["PERMISSION_DENIED", 7, 403, true],
  ["RESOURCE_EXHAUSTED", 8, 429, true],
  ["FAILED_PRECONDITION", 9, 409, true],
  ["ABORTED", 10, 409, true],
  ["OUT_OF_RANGE", 11, 400, true],
  ["UNIMPLEMENTED", 12, 501, false],
  ["INTERNAL", 13, 500, false],
  ["UNAVAILABLE", 14, 503, false],
  ["DATA_LOSS", 15, 500, false],
  // Of this server's own token: not the caller's fault, who would otherwise sign in again in vain.
  ["UNAUTHENTICATED", 16, 401, false],
];

const oneCall: ReadonlyArray<readonly [rpc: string, method: string, path: string, body?: unknown]> = [
  ["/identity.v1.IdentityService/CreateOrganization", "POST", "/organizations", { name: "acme" }],
  ["/session.v1.SessionService/GetSessions", "GET", "/sessions"],
  ["/provisioner.v1.ProvisionerService/GetBlueprints", "GET", "/blueprints"],
];

test.each(statuses)(
  "%s of Identity, Session and Provisioner is HTTP %s %s",
  async (_name, code, http, ownWords) => {
    for (const [rpc, method, path, body] of oneCall) {
      const text = "what the service says";
      platform.answers = { [rpc]: { code, text } };
      const response = await platform.request(method, path, body);
      const error = await response.json();
      expect([rpc, response.status, error.status]).toEqual([rpc, http, http]);
      expect([rpc, error.msg === text]).toEqual([rpc, ownWords]);
    }
  },
);

const provision = "/provisioner.v1.ProvisionerService/ProvisionWorkspaceStream";

/** Failures before the work come as text in the first message, with status OK (surprising fact 5). */
test.each([
  ["AlreadyExists", 409],
  ["FailedPrecondition", 409],
  ["PreconditionFailed", 409],
  ["InvalidArgument", 400],
  ["Internal", 400],
  ["PermissionDenied", 403],
  ["NotFound", 404],
  ["DeadlineExceeded", 504],
  ["Unavailable", 503],
])("%s inside the provisioner's handshake is HTTP %i", async (name, http) => {
  const error = `rpc error: code = Unknown desc = outer: rpc error: code = ${name} desc = the reason`;
  const handshake: BareAnswer = {
    messages: [
      [
        [
          1,
          [
            [1, "n/a"],
            [3, error],
          ],
        ],
      ],
    ],
  };
  platform.answers = { [provision]: handshake };
  const response = await platform.request("POST", "/workspaces", { username: "bob", blueprint: "dev" });
  expect([response.status, (await response.json()).status]).toEqual([http, http]);
});

test.each(Object.entries(audit))(
  "the audit log's %s goes to Authz with the decision's obligations",
  async (_name, wanted) => {
    platform.obligations = { org: "acme" };
    platform.answers = { [wanted.rpc]: { messages: [[]] } };
    const [method, path, body] = wanted.rest;
    const response = await platform.request(method, path, body);
    const call = platform.take().all.find((one) => one.path === wanted.rpc);
    expect([response.status, call?.messages.map(hex)]).toEqual([200, [hex(encode(wanted.message))]]);
  },
);

test("signing in with a password asks Identity, the account and policy, and takes no for an answer", async () => {
  const check = "/identity.v1.IdentityService/AuthUserPassword";
  const issue = "/identity.v1.IdentityService/IssueUserToken";
  // AuthUserResponse { 1 valid, 2 user { 1 username, 3 is_valid, 19 source }, 3 locked }.
  const root: WireMessage = [
    [1, "root"],
    [3, true],
    [19, "local"],
  ];
  const signIn = () => platform.request("POST", "/auth/login", { username: "root", password: "pass phrase" });
  platform.answers = {
    [check]: {
      messages: [
        [
          [1, true],
          [2, root],
        ],
      ],
    },
    [issue]: { messages: [[[1, platform.jwt]]] },
  };
  platform.obligations = { auth_methods: '["password"]' };
  expect((await signIn()).status).toBeLessThan(300);
  const { calls, questions } = platform.take();
  const sent = calls.map(({ path, messages }) => [path, messages.map(hex)]);
  expect(sent).toEqual([
    [
      check,
      [
        hex(
          encode([
            [1, "root"],
            [2, "pass phrase"],
          ]),
        ),
      ],
    ],
    [
      issue,
      [
        hex(
          encode([
            [1, "root"],
            [2, "local"],
          ]),
        ),
      ],
    ],
  ]);
  expect(questions).toMatchObject([
    {
      action: "user:auth",
      id: "root",
      attributes: { idp: "local", org: "default" },
      context: { surface: "web" },
    },
  ]);
  // No methods are none.
  platform.obligations = {};
  expect((await signIn()).status).toBe(403);
  platform.answers = { [check]: { messages: [[]] } };
  expect((await signIn()).status).toBe(401);
  platform.answers = { [check]: { messages: [[[3, true]]] } };
  expect((await signIn()).status).toBe(429);
});

test("a browser's sign-in begins and ends at Identity as the contract says", async () => {
  const begin = "/identity.v1.IdentityService/OnboardUserWebFlow";
  const complete = "/identity.v1.IdentityService/CompleteUserWebFlow";
  platform.answers = {
    // OnboardUserWebFlow { 1 provider, 2 auth_url, 3 state, 4 expires_in }.
    [begin]: {
      messages: [
        [
          [1, "idp.k8shell.io/github"],
          [2, "https://github.example/authorize?state=abc"],
          [3, "abc"],
          [4, 600],
        ],
      ],
    },
  };
  const redirect = `${platform.url}/auth/callback?provider=idp.k8shell.io/github&redirect=/`;
  const query = new URLSearchParams({
    provider: "idp.k8shell.io/github",
    redirect_uri: redirect,
    createPAT: "true",
    state: "0123456789abcdef0123456789abcdef",
  });
  const begun = await fetch(`${platform.url}/api/v1/auth/login?${query}`, { redirect: "manual" });
  expect([begun.status, begun.headers.get("location")]).toEqual([
    302,
    "https://github.example/authorize?state=abc",
  ]);
  const [asked] = platform.take().calls;
  // OnboardUserWebFlowRequest { 1 provider, 2 redirect_uri, 3 cli_state, 4 create_pat }.
  const request = decode(asked?.messages[0] ?? Buffer.alloc(0));
  expect([asked?.path, request.text(1), request.text(3), request.number(4)]).toEqual([
    begin,
    "idp.k8shell.io/github",
    "0123456789abcdef0123456789abcdef",
    1,
  ]);
  expect(request.text(2)).toContain("/auth/callback");

  platform.answers = { [complete]: { code: 16, text: "the code is not valid" } };
  const cookie = begun.headers
    .getSetCookie()
    .map((line) => line.split(";", 1)[0])
    .join("; ");
  const ended = await fetch(`${platform.url}/api/v1/auth/callback`, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json", cookie },
    body: JSON.stringify({ state: "abc", code: "xyz" }),
  });
  // Of the identity provider's code, not of anybody's session here.
  expect(ended.status).toBe(400);
  const [completed] = platform.take().calls;
  expect([completed?.path, completed?.messages.map(hex)]).toEqual([
    complete,
    [
      hex(
        encode([
          [1, "abc"],
          [2, "xyz"],
        ]),
      ),
    ],
  ]);
});

test.each([
  ["its database is away", 9, 503],
  ["it does not know the provider", 5, 404],
])("a sign-in that Identity cannot begin because %s", async (_why, code, http) => {
  platform.answers = { "/identity.v1.IdentityService/OnboardUserWebFlow": { code, text: "no database" } };
  const response = await fetch(`${platform.url}/api/v1/auth/login?provider=idp.k8shell.io%2Fgithub`, {
    redirect: "manual",
  });
  expect([response.status, await response.json()]).toEqual([http, expect.objectContaining({ status: http })]);
  expect(response.headers.has("retry-after")).toBe(http === 503);
});

test("a command line that waits gets its token also from an Identity that does not name it again", async () => {
  const state = "fedcba9876543210fedcba9876543210";
  platform.answers = {
    "/identity.v1.IdentityService/OnboardUserWebFlow": {
      messages: [
        [
          [2, "https://github.example/authorize?state=def"],
          [3, "def"],
        ],
      ],
    },
    // CompleteUserWebFlowResponse { 1 user_token, 2 pat }.
    "/identity.v1.IdentityService/CompleteUserWebFlow": {
      messages: [
        [
          [1, platform.jwt],
          [2, "k8sh_of-the-command-line"],
        ],
      ],
    },
  };
  // What the command line calls this server.
  const server = platform.url.replace("127.0.0.1", "localhost");
  const query = new URLSearchParams({
    provider: "idp.k8shell.io/github",
    redirect_uri: `${server}/auth/callback?provider=idp.k8shell.io%2Fgithub&redirect=%2F`,
    createPAT: "true",
    state,
  });
  await platform.request("GET", `/auth/login?${query}`, undefined, {});
  const done = await platform.request("POST", "/auth/callback", { state: "def", code: "xyz" }, {});
  expect(done.status).toBe(200);
  const polled = await platform.request("GET", `/auth/token?state=${state}`, undefined, {});
  expect([polled.status, await polled.json()]).toEqual([
    200,
    {
      provider: "idp.k8shell.io/github",
      address: server,
      username: "root",
      token: "k8sh_of-the-command-line",
    },
  ]);
});

test("a command is Exec with its details first and its input behind", async () => {
  platform.answers = {
    // ExecResponse { 1 stdout, 3 exit_code }; the exit code comes last.
    "/k8shelld.SshService/Exec": { messages: [[[1, "hi"]], [[3, 0]]] },
    "/k8shelld.SystemService/Handshake": { messages: [[[2, true]]] },
  };
  const response = await platform.request("POST", "/workspaces/bob-97ed438/exec", {
    command: "cat",
    stdin: "typed",
    env: { A: "b" },
  });
  expect([response.status, await response.json()]).toEqual([
    200,
    expect.objectContaining({ stdout: "hi", exitCode: 0 }),
  ]);
  const { all, questions } = platform.take();
  const exec = all.find(({ path }) => path === "/k8shelld.SshService/Exec");
  expect(exec?.metadata["exec-id"]).toMatch(/^ex-[0-9a-f]+$/);
  const [details] = decode(exec?.messages[0] ?? Buffer.alloc(0)).messages(1);
  expect(details).toBeDefined();
  expect(questions.map(({ action, context }) => [action, context])).toEqual([
    ["workspace:connect", { type: "webshell" }],
    ["session:start", { session_type: "exec", session_source: "api-server" }],
  ]);
});

test("a denied decision is 403, and one that cannot be had is no permission", async () => {
  const evaluate = "/authz.v1.AuthzService/Evaluate";
  platform.answers = { [evaluate]: { messages: [[[2, "not yours"]]] } };
  expect((await platform.request("GET", "/organizations")).status).toBe(403);
  for (const code of [2, 3, 13, 14, 16]) {
    platform.answers = { [evaluate]: { code, text: "no" } };
    expect((await platform.request("GET", "/organizations")).status).toBeGreaterThanOrEqual(400);
  }
  expect(platform.take().calls).toEqual([]);
});

test("what this platform's Identity lacks is 501 with a clear message, and pages still show the rest", async () => {
  // Surprising fact 20: no environment variables and no repositories.
  for (const path of ["/users/bob/envvars", "/organizations/acme/envvars", "/users/bob/repos/owners"]) {
    const response = await platform.request("GET", path);
    expect([path, response.status, await response.json()]).toEqual([
      path,
      501,
      expect.objectContaining({
        code: "not_implemented",
        msg: "this platform does not support the operation",
      }),
    ]);
  }
  const { FindUser } = cases;
  const bob = FindUser?.answers["/identity.v1.IdentityService/FindUser"];
  platform.answers = { "/identity.v1.IdentityService/FindUser": { messages: bob ? [bob] : [] } };
  const profile = await platform.request("GET", "/users/bob/profile");
  expect([profile.status, await profile.json()]).toEqual([200, expect.objectContaining({ username: "bob" })]);
});

test.each([7, 12])(
  "a daemon that answers ListSessions with code %i has no detached terminals",
  async (code) => {
    platform.answers = { "/k8shelld.SshService/ListSessions": { code, text: "no" } };
    const response = await platform.request("GET", "/workspaces/bob-97ed438/terminals");
    expect([response.status, await response.json()]).toEqual([200, []]);
  },
);

test("an access token is resolved by Identity, and policy learns its first characters", async () => {
  const pat = `k8sh_${"A".repeat(43)}`;
  const resolve = "/identity.v1.IdentityService/ResolveAccessToken";
  platform.answers = {
    // ResolveAccessTokenResponse { 1 user, 2 scopes, 3 user_token }.
    [resolve]: {
      messages: [
        [
          [
            1,
            [
              [1, "root"],
              [3, true],
            ],
          ],
          [2, "*"],
          [3, platform.jwt],
        ],
      ],
    },
    "/identity.v1.IdentityService/ListOrganizations": { messages: [[]] },
  };
  const asked = await platform.request("GET", "/organizations", undefined, {
    authorization: `Bearer ${pat}`,
  });
  expect(asked.status).toBe(200);
  const { calls, questions } = platform.take();
  expect(calls[0]?.path).toBe(resolve);
  expect(calls[0]?.messages.map(hex)).toEqual([hex(encode([[1, pat]]))]);
  expect(questions).toMatchObject([{ token: platform.jwt, patPreview: "k8sh_AAAAAAAA" }]);

  platform.answers = { [resolve]: { code: 16, text: "unknown token" } };
  const other = { authorization: `Bearer k8sh_${"B".repeat(43)}` };
  expect((await platform.request("GET", "/organizations", undefined, other)).status).toBe(401);
});

test("a process of the platform gets a fresh token of its user", async () => {
  const find = "/identity.v1.IdentityService/FindUser";
  const issue = "/identity.v1.IdentityService/IssueUserToken";
  platform.answers = {
    [find]: {
      messages: [
        [
          [1, "root"],
          [3, true],
          [19, "local"],
        ],
      ],
    },
    [issue]: { messages: [[[1, platform.jwt]]] },
  };
  const response = await platform.request("POST", "/internal/users/root/token");
  const { calls } = platform.take();
  const issued = calls.filter(({ path }) => path === issue).map(({ messages }) => messages.map(hex));
  expect(issued).toEqual([
    [
      hex(
        encode([
          [1, "root"],
          [2, "local"],
        ]),
      ),
    ],
  ]);
  expect([response.status, await response.json()]).toEqual([
    200,
    expect.objectContaining({ token: platform.jwt }),
  ]);
});

test("a terminal opens a shell as the contract says, and reports its session", async () => {
  platform.answers = {
    // ShellResponse { 1 start_response { 1 pty }, 2 data }.
    "/k8shelld.SshService/Shell": { messages: [[[1, [[1, "/dev/pts/0"]]]], [[2, "$ "]]] },
    "/k8shelld.SystemService/Handshake": {
      messages: [
        [
          [1, "0.45.0-abc"],
          [2, true],
        ],
      ],
    },
    "/session.v1.SessionService/UpsertSession": { messages: [[]] },
    "/session.v1.SessionService/EndSession": { messages: [[]] },
  };
  const terminal = await openTerminal(
    `${platform.url}/api/v1/workspaces/bob-97ed438/interactive?cols=100&rows=30`,
    { headers: { authorization: `Bearer ${platform.jwt}`, "user-agent": "test" } },
  );
  await terminal.shows("$ ");
  const { all, questions } = platform.take();
  const shell = all.find(({ path }) => path === "/k8shelld.SshService/Shell");
  expect(shell?.metadata).toMatchObject({
    "session-id": expect.stringMatching(/^ws-/),
    authorization: "Bearer token-for-k8shelld",
  });
  // ShellRequest { 1 start_request { 3 setEnvVars, 4 usePty, 5 width, 6 height, 8 lock_id, 9 detach_on_close } }.
  const [start] = decode(shell?.messages[0] ?? Buffer.alloc(0)).messages(1);
  expect([4, 5, 6, 8, 9].map((field) => start?.number(field))).toEqual([1, 100, 30, undefined, 1]);
  expect(questions.map((question) => [question.action, question.context])).toEqual([
    ["workspace:connect", { type: "webshell" }],
    ["session:start", { session_type: "shell", session_source: "api-server" }],
  ]);
  const upsert = () => platform.services.session.calls.find(({ path }) => path.endsWith("/UpsertSession"));
  const recorded = all.find(({ path }) => path.endsWith("/UpsertSession"));
  await expect.poll(() => recorded ?? upsert()).toBeDefined();
  // UpsertSessionRequest { 1 session { 2 username, 7 end_time, 8 workspace, 11 operations } }.
  const [session] = decode((recorded ?? upsert())?.messages[0] ?? Buffer.alloc(0)).messages(1);
  expect([session?.text(2), session?.number(7), session?.text(8)]).toEqual([
    "root",
    undefined,
    "bob-97ed438",
  ]);
  await terminal.close();
  await expect
    .poll(() => platform.services.session.calls.some(({ path }) => path.endsWith("/EndSession")))
    .toBe(true);
});

test.each([
  ["GET", "/files?path=a", "download"],
  ["HEAD", "/files?path=a", "download"],
  ["GET", "/files/list?path=a", "download"],
  ["GET", "/files/stat?path=a", "download"],
  ["PUT", "/files?path=a", "upload"],
  ["DELETE", "/files?path=a", "upload"],
  ["POST", "/files/mkdir?path=a", "upload"],
  ["POST", "/files/move?from=a&to=b", "upload"],
  ["POST", "/files/uploads?path=a", "upload"],
])(
  "%s %s asks policy with op and nothing else, which is all that the contract names",
  async (method, path, op) => {
    platform.answers = { "/k8shelld.SshService/Exec": { messages: [[[3, 127]]], ends: true } };
    await platform.request(method, `/workspaces/bob-97ed438${path}`);
    const { questions } = platform.take();
    const asked = questions.map(({ action, attributes, context }) => ({ action, attributes, context }));
    expect(asked[0]).toEqual({ action: "workspace:files", attributes: { owner: "bob" }, context: { op } });
    for (const further of asked) expect(further).toEqual(asked[0]);
  },
);

test("the file explorer of a terminal asks with what the contract names", async () => {
  platform.answers = {
    "/k8shelld.SshService/Shell": { messages: [[[1, [[1, "/dev/pts/0"]]]], [[2, "$ "]]] },
    "/k8shelld.SystemService/Handshake": { messages: [[[2, true]]] },
    "/session.v1.SessionService/UpsertSession": { messages: [[]] },
    "/session.v1.SessionService/EndSession": { messages: [[]] },
    // It has no SFTP.
    "/k8shelld.SshService/Exec": { messages: [[[3, 127]]], ends: true },
  };
  const terminal = await openTerminal(`${platform.url}/api/v1/workspaces/bob-97ed438/interactive?tab=files`, {
    headers: { authorization: `Bearer ${platform.jwt}` },
  });
  await terminal.shows("$ ");
  platform.take();
  await terminal.explore({ case: "listFiles", value: { path: "/srv" } });
  const { questions } = platform.take();
  const owner = "bob";
  expect(questions.map(({ action, attributes, context }) => [action, attributes, context])).toEqual([
    ["workspace:connect", { owner }, { type: "webfiles" }],
    ["session:start", { owner }, { session_type: "sftp", session_source: "api-server" }],
    ["workspace:files", { owner }, { op: "download" }],
  ]);
  await terminal.close();
});

test("capabilities are one BatchEvaluate with capability_check, and unknown answers deny nothing they do not say", async () => {
  const response = await platform.request("GET", "/me/capabilities");
  const { all } = platform.take();
  const batch = all.find(({ path }) => path === "/authz.v1.AuthzService/BatchEvaluate");
  const request = decode(batch?.messages[0] ?? Buffer.alloc(0));
  // BatchEvaluateRequest { 1 requests, 2 capability_check }.
  expect(request.number(2)).toBe(1);
  expect(request.messages(1).length).toBeGreaterThan(40);
  expect(new Set(request.messages(1).map((question) => question.text(1)))).toEqual(new Set([platform.jwt]));
  // Authz does not answer it here.
  expect([501, 503]).toContain(response.status);
});

test("a user whose account has expired, whom FindUser fails for, can be seen, changed and deleted", async () => {
  // common.v1.User { 1 username, 2 organization, 7 fullname, 17 roles }: not valid.
  const eve: WireMessage = [
    [1, "eve"],
    [2, "acme"],
    [7, "Eve"],
    [17, "dev"],
  ];
  const identity = (rpc: string) => `/identity.v1.IdentityService/${rpc}`;
  const byName = encode([
    // QueryUsersRequest { 1 query { 1 filters { 1 op: AND, 2 conditions { 1 field, 2 op: EQ, 3 values } }, 3 page { 1 limit } } }.
    [
      1,
      [
        [
          1,
          [
            [1, 1],
            [
              2,
              [
                [1, "username"],
                [2, 1],
                [3, "eve"],
              ],
            ],
          ],
        ],
        [3, [[1, 100]]],
      ],
    ],
  ]);
  platform.answers = {
    [identity("FindUser")]: { code: 13, text: "user is not valid" },
    [identity("QueryUsers")]: (call) => ({
      messages: call.messages[0]?.equals(byName)
        ? [
            [
              [1, [[1, "eve-line"]]],
              [1, eve],
            ],
          ]
        : [[]],
    }),
    [identity("IssueUserToken")]: { code: 13, text: "user is not valid" },
    [identity("GetPasswordLockoutStatus")]: { messages: [[]] },
    [identity("UpdateUser")]: { messages: [eve] },
    [identity("DeleteUser")]: { messages: [[[1, true]]] },
    "/provisioner.v1.ProvisionerService/DeleteUserWorkspaces": { messages: [[]] },
  };
  const profile = await platform.request("GET", "/users/eve/profile");
  expect([profile.status, await profile.json()]).toEqual([
    200,
    expect.objectContaining({ username: "eve", is_valid: false, isValid: false, roles: ["dev"] }),
  ]);
  const capabilities = await platform.request("GET", "/users/eve/capabilities");
  expect(capabilities.status).toBe(200);
  const report: Array<{ allowed: boolean; reason: string }> = await capabilities.json();
  expect(report.length).toBeGreaterThan(40);
  for (const { allowed, reason } of report)
    expect([allowed, reason]).toEqual([false, "The account has expired."]);
  const changed = await platform.request("PATCH", "/users/eve/profile", { fullname: "Eve" });
  expect([changed.status, await changed.json()]).toEqual([200, expect.objectContaining({ username: "eve" })]);
  expect((await platform.request("DELETE", "/users/eve")).status).toBe(204);
  expect(platform.take().calls.map(({ path }) => path)).toContain(identity("DeleteUser"));

  // A query that finds nobody of that name changes nothing about the failure.
  expect((await platform.request("GET", "/users/mallory/profile")).status).toBe(500);
  platform.answers = { [identity("FindUser")]: { code: 13, text: "user is not valid" } };
  expect((await platform.request("GET", "/users/eve/profile")).status).toBe(500);
});

test.each([
  ["UNKNOWN", 2],
  ["INVALID_ARGUMENT", 3],
  ["INTERNAL", 13],
])("a question that Authz refuses with %s is left out of the report of capabilities", async (_name, code) => {
  const actionsOf = (call: BareCall) =>
    decode(call.messages[0] ?? Buffer.alloc(0))
      .messages(1)
      .map((question) => question.text(2));
  platform.answers = {
    "/authz.v1.AuthzService/BatchEvaluate": (call) => {
      const asked = actionsOf(call);
      if (asked.includes("ssh:sftp")) return { code, text: "contract violation" };
      // BatchEvaluateResponse { 1 responses { 1 allowed } }.
      return { messages: [asked.map((): WireMessage[number] => [1, [[1, true]]])] };
    },
  };
  const response = await platform.request("GET", "/me/capabilities");
  const report: Array<{ action: string; allowed: boolean }> = await response.json();
  expect(response.status).toBe(200);
  expect(report).toContainEqual(expect.objectContaining({ action: "ssh:shell", allowed: true }));
  expect(report.map(({ action }) => action)).not.toContain("ssh:sftp");
  expect(report.length).toBeGreaterThan(40);
});

test("unknown fields and enum values of a newer service are ignored", async () => {
  const newer = Buffer.concat([
    encode([[1, [[1, "acme"]]]]),
    Buffer.from([0xf8, 0x07, 0x01]),
    encode([[200, "new"]]),
  ]);
  platform.answers = { "/identity.v1.IdentityService/ListOrganizations": { messages: [newer] } };
  const response = await platform.request("GET", "/organizations");
  expect([response.status, await response.json()]).toEqual([
    200,
    [expect.objectContaining({ name: "acme" })],
  ]);
});

test("a response that is no message of its type is 502 or 500, without its bytes", async () => {
  platform.answers = {
    "/identity.v1.IdentityService/ListOrganizations": { messages: [Buffer.from([0x0a, 0xff])] },
  };
  const response = await platform.request("GET", "/organizations");
  expect(response.status).toBeGreaterThanOrEqual(500);
  expect(await response.json()).toMatchObject({ msg: expect.not.stringContaining("0x") });
});
