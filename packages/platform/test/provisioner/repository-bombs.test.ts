import { Code } from "@k8shell/rpc";
import { expect, test } from "vitest";
import { composeBlueprint } from "../../src/provisioner/blueprints/compose.ts";
import { parseRepositoryBlueprint } from "../../src/provisioner/repo/repository-blueprint.ts";

const compose = async (text: string) => {
  const tree = await parseRepositoryBlueprint(text);
  return composeBlueprint({ tree: { ...tree, name: "acme/portal" }, find: () => undefined, bindings: {} });
};

const letters = [..."abcdefghij"];
const aliases = letters.map((name, i) => {
  const below = i === 0 ? "x" : `*${letters[i - 1]}`;
  return `${name}: &${name} [${Array(9).fill(below).join(",")}]\n`;
});
const loop = (depth: number): string =>
  depth === 0 ? "1" : `[1,2,3,4,5,6,7,8,9,10].map(v${depth}, ${loop(depth - 1)})`;

test.each([
  ["nests lists without end", `blueprint: ${"[".repeat(60_000)}`],
  ["nests maps deeply", `blueprint: ${"{a: ".repeat(12_000)}1${"}".repeat(12_000)}`],
  ["nests list items in a line", `blueprint:\n  a:\n    ${"- ".repeat(30_000)}`],
  ["multiplies through aliases", `${aliases.join("")}blueprint: { env: *j }`],
  ["loops in an expression", `blueprint:\n  splash: !cel "string(size(${loop(8)}))"`],
  ["nests an expression", `blueprint:\n  splash: !cel '${"(".repeat(2000)}1${")".repeat(2000)}'`],
  ["asks for a huge text", `blueprint:\n  splash: !cel '"%.1000000f".format([1.0])'`],
])("a repository's file that %s is refused with a reason", async (_what, text) => {
  const refused = expect.objectContaining({ code: Code.FailedPrecondition });
  await expect(compose(text)).rejects.toEqual(refused);
});

test("a pattern made to backtrack does not hold the server up", async () => {
  const text = `blueprint:\n  splash: !cel '"${"a".repeat(60)}!".matches("^(a+)+$") ? "yes" : "no"'`;
  expect(await compose(text)).toMatchObject({ splash: "no" });
});

test("keys with a meaning to JavaScript change no prototype", async () => {
  const made = await compose(
    'blueprint:\n  __proto__: { polluted: "yes" }\n  constructor: { prototype: { polluted: "yes" } }',
  );
  expect(Reflect.get({}, "polluted")).toBeUndefined();
  expect(Object.getPrototypeOf(made)).toBe(Object.prototype);
});

test.each([
  ["/etc"],
  ["/data/../etc/ssl"],
  ["~/../../usr/lib"],
  ["/proc/1"],
  ["/run/k8shell"],
  ["/opt"],
  ["/tmp/x"],
  ["/"],
])("a storage at %s is refused", async (mountPath) => {
  const { sandboxSpec } = await import("../../src/provisioner/workspaces/sandbox-spec.ts");
  const { workspacePlace } = await import("../../src/provisioner/sandbox/place.ts");
  const { createPlainSandbox } = await import("../../src/provisioner/sandbox/plain.ts");
  const blueprint = await compose(`blueprint:\n  storages: { s: { mountPath: "${mountPath}" } }`);
  const bare = {
    name: "alice-1",
    instance: "i",
    hostname: "alice-1",
    user: { username: "alice", uid: 10_001, gid: 10_001, fullname: "", shell: "/bin/sh" },
    hostUid: undefined,
    place: workspacePlace("/data/workspaces/alice-1"),
    storages: [],
    limits: {},
  };
  const plain = createPlainSandbox({
    tools: { node: "/n", dist: "/d", entry: "e", bin: [] },
    cgroups: undefined,
    ownUsers: false,
  });
  const sandbox = { ...plain, inside: () => ({ ...plain.inside(bare), home: "/home/alice" }) };
  expect(() => sandboxSpec({ bare, sandbox, blueprint })).toThrow(/cannot be mounted/);
});

test.each([
  ["a path with a zero byte", 'storages: { s: { mountPath: "/data\\0--bind" } }'],
  ["a relative path", 'storages: { s: { mountPath: "../x" } }'],
  ["a name that is a path", 'storages: { "../../bob": { mountPath: "/data" } }'],
  ["a host name with a zero byte", 'hostname: "a\\0--share-net"'],
  ["an app named as a path", 'apps: { "../../x": { start: ["true"] } }'],
  ["a variable that is none", 'env: { "A=B\\nC": x }'],
])("%s is refused", async (_what, line) => {
  const refused = expect.objectContaining({ code: Code.FailedPrecondition });
  await expect(compose(`blueprint:\n  ${line}`)).rejects.toEqual(refused);
});
