import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { createAuthz } from "../../src/authz/index.ts";
import {
  about,
  createTestIdentity,
  startAuthz,
  type TestAuthz,
  temporaryDirectory,
  tokenOf,
} from "./harness.ts";

const read = about("workspace:read", { id: "w", attributes: { owner: "alice" } });
const bobReads = async ({ client }: TestAuthz) =>
  (await client.evaluate({ ...read, token: tokenOf("bob") })).allowed;

const write = (authz: TestAuthz, name: string, text: string) =>
  writeFile(join(authz.dataDir, "policies", name), text);

const bobMayRead = `
@id("bob-reads")
@reason("Bob reviews workspaces.")
permit (principal == User::"bob", action == Action::"workspace:read", resource);
`;

test("the first start writes commented policies and the schema, and a later start leaves edits alone", async () => {
  const dataDir = await temporaryDirectory();
  const first = await startAuthz({ dataDir });
  const directory = join(dataDir, "policies");
  const files = (await readdir(directory)).sort();
  expect(files).toEqual([
    "admins.cedar",
    "everyone.cedar",
    "org-admins.cedar",
    "owners.cedar",
    "schema.cedarschema",
  ]);
  expect(await readFile(join(directory, "everyone.cedar"), "utf8")).toMatch(
    /^\/\/ What every signed-in user/,
  );
  await first.authz.close();
  await rm(join(directory, "org-admins.cedar"));
  await writeFile(join(directory, "owners.cedar"), bobMayRead);
  const second = await startAuthz({ dataDir });
  expect(await bobReads(second)).toBe(true);
  expect((await second.client.evaluate({ ...read, token: tokenOf("alice") })).allowed).toBe(false);
  expect(await readdir(directory)).not.toContain("org-admins.cedar");
});

test("a new policy file applies without a restart, to decisions already remembered too", async () => {
  const authz = await startAuthz();
  expect(await bobReads(authz)).toBe(false);
  await write(authz, "bob.cedar", bobMayRead);
  await vi.waitFor(async () => expect(await bobReads(authz)).toBe(true), { timeout: 60_000, interval: 50 });
  await rm(join(authz.dataDir, "policies", "bob.cedar"));
  await vi.waitFor(async () => expect(await bobReads(authz)).toBe(false), { timeout: 60_000, interval: 50 });
});

test("a policy file replaced by rename applies, as editors and configuration tools write it", async () => {
  const authz = await startAuthz();
  await write(authz, "bob.cedar.tmp", bobMayRead);
  expect(await bobReads(authz)).toBe(false);
  const directory = join(authz.dataDir, "policies");
  await rename(join(directory, "bob.cedar.tmp"), join(directory, "bob.cedar"));
  await vi.waitFor(async () => expect(await bobReads(authz)).toBe(true), { timeout: 60_000, interval: 50 });
});

test.each([
  ["a syntax error", "// é first\n\npermit (principal action, resource);", 3, /unexpected token/],
  [
    "an unknown action",
    'permit (principal, action == Action::"workspace:fly", resource);',
    1,
    /unrecognized/,
  ],
  [
    "an unknown attribute",
    'permit (principal, action == Action::"workspace:read", resource)\nwhen { resource.colour == "red" };',
    2,
    /colour/,
  ],
  [
    "a policy that can never apply",
    'permit (principal, action == Action::"org:list", resource)\nwhen { resource has owner };',
    1,
    /impossible/,
  ],
  [
    "a misspelt annotation",
    '// one\n@obligaton_org("x")\npermit (principal, action, resource);',
    2,
    /annotation/,
  ],
  [
    "an unknown placeholder",
    `@obligation_org("\${principal.shoe}")\npermit (principal, action, resource);`,
    1,
    /shoe/,
  ],
  ["a rank that is no number", '@rank("high")\npermit (principal, action, resource);', 1, /rank/],
  ["an obligation on a forbid", '@obligation_org("x")\nforbid (principal, action, resource);', 1, /forbid/],
  [
    "an array that is none",
    '@obligation_roles("[oops")\npermit (principal, action, resource);',
    1,
    /JSON array/,
  ],
  ["an id used twice", '@id("admin")\npermit (principal, action, resource);', 1, /another policy/],
  ["a template", "permit (principal == ?principal, action, resource);", 1, /template/],
])("%s keeps the last good policies and says where it is", async (_, text, line, reason) => {
  const authz = await startAuthz();
  await write(authz, "zz-broken.cedar", text);
  await authz.authz.reloadPolicies();
  const logged = authz.lines.filter(({ level }) => level === "error");
  expect(logged).toHaveLength(1);
  expect(logged[0]?.fields).toEqual({ file: "zz-broken.cedar", line, reason: expect.stringMatching(reason) });
  expect((await authz.client.evaluate({ ...read, token: tokenOf("alice") })).allowed).toBe(true);
  expect(await bobReads(authz)).toBe(false);
  await write(authz, "zz-broken.cedar", bobMayRead);
  await authz.authz.reloadPolicies();
  expect(await bobReads(authz)).toBe(true);
});

test("a directory emptied by mistake keeps the last good policies", async () => {
  const authz = await startAuthz();
  const directory = join(authz.dataDir, "policies");
  for (const name of await readdir(directory)) await rm(join(directory, name));
  await authz.authz.reloadPolicies();
  expect((await authz.client.evaluate({ ...read, token: tokenOf("alice") })).allowed).toBe(true);
  expect(authz.lines.some(({ level, message }) => level === "error" && message.includes("broken"))).toBe(
    true,
  );
});

test("the service does not start with broken policies, and says where the fault is", async () => {
  const dataDir = await temporaryDirectory();
  await mkdir(join(dataDir, "policies"));
  await writeFile(join(dataDir, "policies", "mine.cedar"), "\npermit (principal);");
  const { client: identity } = createTestIdentity();
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  await expect(createAuthz({ dataDir, identity, log })).rejects.toThrow(/^mine\.cedar:2: /);
});

test("a forbid wins over every permit and gives its reason", async () => {
  const authz = await startAuthz();
  await write(
    authz,
    "freeze.cedar",
    `@reason("Port 22 is never forwarded.")
     forbid (principal, action == Action::"workspace:connect", resource) when { context has port && context.port == 22 };`,
  );
  await authz.authz.reloadPolicies();
  const connect = (port: string) =>
    authz.client.evaluate({
      ...about("workspace:connect", {
        id: "w",
        attributes: { owner: "alice" },
        context: { type: "portforward", port },
      }),
      token: tokenOf("root"),
    });
  expect(await connect("22")).toMatchObject({ allowed: false, reason: "Port 22 is never forwarded." });
  expect(await connect("8080")).toMatchObject({ allowed: true });
});

test("the permits of the highest rank supply the obligations, and those of one rank add up", async () => {
  const authz = await startAuthz();
  await write(
    authz,
    "audit.cedar",
    `@rank("5") @obligation_record("shell,exec")
     permit (principal, action == Action::"session:start", resource) when { resource has owner && resource.owner == principal };
     @rank("5") @obligations("{\\"patch:/resources/cpu\\": \\"500m\\", \\"note\\": \\"for \${principal.username} on \${resource.id}\\"}")
     permit (principal, action == Action::"session:start", resource) when { resource has owner && resource.owner == principal };`,
  );
  await authz.authz.reloadPolicies();
  const start = about("session:start", {
    id: "w",
    attributes: { owner: "alice" },
    context: { session_type: "shell", session_source: "api-server" },
  });
  const response = await authz.client.evaluate({ ...start, token: tokenOf("alice") });
  expect(response.obligations).toEqual({
    record: "shell,exec",
    "patch:/resources/cpu": "500m",
    note: "for alice on w",
  });
});

test("policies of one rank that disagree about an obligation deny", async () => {
  const authz = await startAuthz();
  await write(
    authz,
    "disagree.cedar",
    '@obligation_username("somebody") permit (principal, action == Action::"workspace:list", resource);',
  );
  await authz.authz.reloadPolicies();
  const response = await authz.client.evaluate({ ...about("workspace:list"), token: tokenOf("alice") });
  expect(response.allowed).toBe(false);
  expect(authz.lines.some(({ fields }) => String(fields.error).includes("disagree"))).toBe(true);
});

test("a value put into an obligation cannot break out of it", async () => {
  const authz = await startAuthz();
  await write(
    authz,
    "tricky.cedar",
    `@rank("9") @obligation_roles("[\\"\${principal.username}\\"]")
     permit (principal, action == Action::"workspace:list", resource);`,
  );
  await authz.authz.reloadPolicies();
  const name = 'x","admin';
  const response = await authz.client.evaluate({ ...about("workspace:list"), token: tokenOf(name) });
  expect(JSON.parse(response.obligations.roles ?? "")).toEqual([name]);
});

test("a policy that fails while it is evaluated denies, even when it is a forbid", async () => {
  const authz = await startAuthz();
  await write(
    authz,
    "overflow.cedar",
    `forbid (principal, action == Action::"workspace:connect", resource)
     when { context has port && context.port + 9223372036854775807 == 0 };`,
  );
  await authz.authz.reloadPolicies();
  const request = about("workspace:connect", {
    id: "w",
    attributes: { owner: "alice" },
    context: { type: "portforward", port: "80" },
  });
  expect((await authz.client.evaluate({ ...request, token: tokenOf("alice") })).allowed).toBe(false);
  expect(authz.lines.some(({ level, fields }) => level === "error" && "error" in fields)).toBe(true);
});
