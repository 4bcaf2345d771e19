import { Code } from "@k8shell/rpc";
import fc from "fast-check";
import { expect, test } from "vitest";
import { actions } from "../../src/authz/actions.ts";
import { about, codeOf, type Request, startAuthz, tokenOf, tokenWith } from "./harness.ts";

const connect = (context: Record<string, string>) =>
  about("workspace:connect", { id: "w", attributes: { owner: "alice" }, context });
const violations: ReadonlyArray<readonly [string, Request]> = [
  ["an unknown action", about("workspace:fly", { id: "w", attributes: { owner: "alice" } })],
  ["no action", { ...about("workspace:read", { id: "w", attributes: { owner: "alice" } }), action: "" }],
  ["the name of an object's own method", about("constructor:list")],
  ["the wrong package", { ...about("workspace:list"), package: "session" }],
  ["no package", { ...about("workspace:list"), package: "" }],
  ["no resource", { ...about("workspace:list"), resource: undefined }],
  [
    "the wrong resource type",
    { ...about("session:list"), resource: { type: "session", id: "", attributes: {} } },
  ],
  ["no id", about("workspace:read", { attributes: { owner: "alice" } })],
  ["no owner", about("workspace:read", { id: "w" })],
  ["an empty owner", about("workspace:read", { id: "w", attributes: { owner: "" } })],
  ["sessions of one workspace without its owner", about("session:list", { id: "w" })],
  ["no context", connect({})],
  ["an unknown value in the context", connect({ type: "telnet" })],
  ["a forward without a port", connect({ type: "portforward" })],
  ["a port that is no number", connect({ type: "portforward", port: "http" })],
  ["a port out of range", connect({ type: "portforward", port: "65536" })],
  ["credentials of no type", about("user:read", { id: "alice", context: { data_type: "credentials" } })],
  ["a new user of no organization", about("user:create", { id: "newcomer" })],
  ["a role that does not say whose", about("role:create", { id: "tester" })],
  ["half a character", about("workspace:read", { id: "\ud800", attributes: { owner: "alice" } })],
  ["an endless name", about("workspace:read", { id: "w".repeat(5000), attributes: { owner: "alice" } })],
];

test.each(violations)("a request with %s is a contract violation, not a denial", async (_, request) => {
  const { client } = await startAuthz();
  const call = client.evaluate({ ...request, token: tokenOf("root") });
  await expect(call).rejects.toMatchObject({
    code: Code.InvalidArgument,
    message: expect.stringMatching(/^contract violation: /),
  });
});

test("what an action does not define changes neither the decision nor the audit log", async () => {
  const { client } = await startAuthz();
  const request = about("workspace:read", {
    id: "w",
    attributes: { owner: "alice", colour: "red", __proto__: "x" },
    context: { type: "webshell" },
  });
  expect((await client.evaluate({ ...request, token: tokenOf("bob") })).allowed).toBe(false);
  const { records } = await client.queryAudit({});
  expect(records[0]).toMatchObject({ resourceAttributes: { owner: "alice" }, context: {} });
});

const now = Math.floor(Date.now() / 1000);
test.each([
  ["expired", tokenOf("root", { exp: now - 1 })],
  ["empty", ""],
  ["no JWT", "k8sh_abcdefg"],
  ["without a body", "e30..c2ln"],
  ["without a subject", tokenWith({ exp: now + 60 })],
  ["without an expiry", tokenWith({ sub: "root", roles: ["admin"] })],
  ["with roles that are no list", tokenWith({ sub: "root", exp: now + 60, roles: "admin" })],
  ["with half a character", tokenWith({ sub: "ro\ud800ot", exp: now + 60 })],
])("a token that is %s is not a caller", async (_, token) => {
  const { client } = await startAuthz();
  expect(await codeOf(client.evaluate({ ...about("workspace:list"), token }))).toBe(Code.Unauthenticated);
});

test("a token stops counting the moment it expires, however often it was used before", async () => {
  let time = Date.now();
  const { client } = await startAuthz({ now: () => time });
  const token = tokenOf("alice", { exp: Math.floor(time / 1000) + 10 });
  expect((await client.evaluate({ ...about("workspace:list"), token })).allowed).toBe(true);
  time += 11_000;
  expect(await codeOf(client.evaluate({ ...about("workspace:list"), token }))).toBe(Code.Unauthenticated);
});

const words = fc.oneof(
  fc.constantFrom(
    "alice",
    "root",
    "*",
    "0",
    "",
    "workspace",
    "user",
    "webshell",
    "profile",
    "__proto__",
    "credentials",
  ),
  fc.string({ unit: "binary" }),
  fc.string({ unit: "grapheme" }),
);
const maps = fc.dictionary(
  fc.oneof(fc.constantFrom("owner", "org", "idp", "app", "data_type", "type", "port", "op", "mode"), words),
  words,
  { maxKeys: 5 },
);
const requests = fc.record({
  token: fc.oneof(
    fc.constantFrom(tokenOf("alice"), tokenOf("root"), tokenOf("boss")),
    fc.json().map((json) => `e30.${Buffer.from(json).toString("base64url")}.x`),
    words,
  ),
  action: fc.oneof(fc.constantFrom(...actions.keys()), words),
  package: fc.oneof(fc.constantFrom("workspace", "user", "session", "role", "org", "ssh"), words),
  patPreview: words,
  resource: fc.option(fc.record({ type: words, id: words, attributes: maps }), { nil: undefined }),
  context: maps,
});

test("no request crashes the service: it is decided, or refused as a bad one", async () => {
  const { client, lines } = await startAuthz();
  const fine = new Set<Code | undefined>([undefined, Code.InvalidArgument, Code.Unauthenticated]);
  await fc.assert(
    fc.asyncProperty(requests, fc.boolean(), async (request, capabilityCheck) => {
      expect(fine).toContain(await codeOf(client.evaluate(request)));
      expect(fine).toContain(await codeOf(client.batchEvaluate({ requests: [request], capabilityCheck })));
    }),
    { numRuns: 2000 },
  );
  expect(lines.filter(({ level }) => level === "error")).toEqual([]);
});

/** A request that keeps the contract of its action, with arbitrary names. */
const validRequests = fc
  .record({
    spec: fc.constantFrom(...actions.values()),
    id: fc.string({ unit: "grapheme", minLength: 1 }).filter((text) => text.isWellFormed()),
    value: fc.string({ unit: "binary", minLength: 1 }).filter((text) => text.isWellFormed()),
    choice: fc.nat(),
  })
  .map(({ spec, id, value, choice }) => {
    const attributes = [...spec.required, ...spec.keyed, ...spec.optional].map((name) => [name, value]);
    const context = Object.entries(spec.context).map(([name, { kind }]) => [
      name,
      kind === "string"
        ? value
        : kind === "port"
          ? String(choice % 65_536)
          : (kind[choice % kind.length] ?? ""),
    ]);
    return {
      action: spec.name,
      package: spec.package,
      resource: { type: spec.type, id, attributes: Object.fromEntries(attributes) },
      context: Object.fromEntries(context),
    };
  });

test("whatever names are in it, a proper request is decided, and a stranger's things stay closed", async () => {
  const { client } = await startAuthz();
  await fc.assert(
    fc.asyncProperty(validRequests, async (request) => {
      await client.evaluate({ ...request, token: tokenOf("root") });
      const stranger = await client.evaluate({ ...request, token: tokenOf("zoe") });
      const { owner } = request.resource.attributes;
      const isShared = request.action === "workspace:connect" && request.context.type === "portforward";
      if (owner !== undefined && owner !== "zoe" && !isShared) expect(stranger.allowed).toBe(false);
    }),
    { numRuns: 1000 },
  );
});
