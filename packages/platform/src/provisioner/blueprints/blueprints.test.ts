import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Log } from "@k8shell/contract";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type BlueprintCatalog, openBlueprintCatalog } from "./catalog.ts";
import { composeBlueprint } from "./compose.ts";
import { checkExpressions, evaluateExpressions } from "./expressions.ts";
import { deepMerge } from "./merge.ts";
import { applyPatches, patchesOf } from "./patch.ts";
import { BlueprintFileError, parseBlueprintsFile } from "./source-file.ts";
import { expression } from "./tree.ts";

const bindings = {
  user: { username: "alice", uid: 10001n, roles: ["dev", "ops"], sudo: false },
  org: "acme",
  repo: { owner: "", name: "", ref: "", address: "" },
  workspace: { name: "alice-59936c3", blueprint: "dev" },
  env: { REGION: "eu" },
};

const compose = async (text: string, name: string) => {
  const all = new Map(
    (await parseBlueprintsFile(text)).map((blueprint) => [blueprint.source.name, blueprint]),
  );
  const tree = all.get(name)?.tree;
  if (!tree) throw new Error(`no ${name}`);
  return composeBlueprint({ tree, find: (wanted) => all.get(wanted), bindings });
};

describe("deep merge", () => {
  test("merges maps at every depth, replaces lists and removes what is null", () => {
    expect(
      deepMerge(
        { env: { A: "1", B: "2" }, list: [1, 2], gone: "x", deep: { a: { b: 1, c: 2 } } },
        { env: { B: "3", C: "4" }, list: [3], gone: null, deep: { a: { c: 5 } }, added: true },
      ),
    ).toEqual({
      env: { A: "1", B: "3", C: "4" },
      list: [3],
      deep: { a: { b: 1, c: 5 } },
      added: true,
    });
  });

  test("a map replaces a scalar and a scalar a map", () => {
    expect(deepMerge({ a: 1, b: { c: 1 } }, { a: { x: 1 }, b: 2 })).toEqual({ a: { x: 1 }, b: 2 });
  });
});

describe("expressions", () => {
  test("see the user, the organization, the workspace and the environment", async () => {
    expect(
      await evaluateExpressions(
        {
          hello: expression('"hi " + user.username'),
          uid: expression("user.uid + 1"),
          list: [expression("org"), "plain"],
          ops: expression('"ops" in user.roles'),
          name: expression("workspace.name.split('-')[1]"),
          region: expression("env.REGION"),
          map: expression("{'a': [1, 2u, 2.5]}"),
        },
        bindings,
      ),
    ).toEqual({
      hello: "hi alice",
      uid: 10002,
      list: ["acme", "plain"],
      ops: true,
      name: "59936c3",
      region: "eu",
      map: { a: [1, 2, 2.5] },
    });
  });

  test("that cannot be parsed or name what does not exist say so", async () => {
    await expect(checkExpressions(["user", "user."])).rejects.toThrow(/!cel user\./);
    await expect(evaluateExpressions(expression("nobody.name"), bindings)).rejects.toThrow(/nobody/);
  });

  test("that would run for ever are cut off", async () => {
    const list = `[${Array.from({ length: 20 }, (_, i) => i).join(",")}]`;
    // It needs no memory to speak of.
    const nested = Array.from({ length: 12 }, () => `${list}.all(x, `).join("");
    await expect(evaluateExpressions(expression(`${nested}true${")".repeat(12)}`), bindings)).rejects.toThrow(
      /too long/,
    );
  });

  test.each([
    ["text", '["aaaaaaaa"]', Array(8).fill("x").join("+"), "x + 'b'"],
    ["lists", "[1]", `[${Array(8).fill("x").join(",")}]`, "[x]"],
  ])("that make much %s of little are refused", async (_what, first, more, last) => {
    const large = `${first}${`.map(x, ${more})`.repeat(7)}`;
    const many = Array.from({ length: 100 }, (_, i) => `'V${i}': ${last}`).join(",");
    await expect(
      evaluateExpressions({ env: expression(`${large}.map(x, {${many}})[0]`) }, bindings),
    ).rejects.toThrow(/give too much|too long|too much memory/);
  });
});

describe("patches of a policy decision", () => {
  test("set values by JSON pointer and remove with null", () => {
    const patches = patchesOf({
      "patch:/resources/cpu": '"250m"',
      "patch:/env/A~1B": "text",
      "patch:/apps/web": "null",
      "patch:/initScripts/-": '{"name":"x","script":"true"}',
    });
    expect(
      applyPatches(
        { resources: { cpu: "4", memory: "1Gi" }, apps: { web: {}, other: {} }, initScripts: [] },
        patches,
      ),
    ).toEqual({
      resources: { cpu: "250m", memory: "1Gi" },
      env: { "A/B": "text" },
      apps: { other: {} },
      initScripts: [{ name: "x", script: "true" }],
    });
  });

  test("that are not understood refuse the workspace instead of being ignored", () => {
    expect(() => patchesOf({ "mirror:/x": "1" })).toThrow(/policy/);
    expect(() => patchesOf({ "patch:x": "1" })).toThrow(/policy/);
    expect(() => applyPatches({}, [{ pointer: "/__proto__/x", value: 1 }])).toThrow(/policy/);
    expect(() => applyPatches({ list: [] }, [{ pointer: "/list/7", value: 1 }])).toThrow(/policy/);
  });
});

describe("composition", () => {
  const text = `
blueprints:
  - name: root
    isTemplate: true
    description: bottom
    env: { A: root, B: root, N: 8080, T: true }
    apps: { one: { listen: ":9000", start: echo hi } }
  - name: base
    isTemplate: true
    template: root
    env: { B: base, C: base }
    resources: { cpu: 500m }
  - name: dev
    template: base
    env:
      C: dev
      WHO: !cel user.username
    resources: { memory: !cel "'ops' in user.roles ? '4Gi' : '1Gi'" }
    apps: { two: { maxRestartBackoff: 1m30s, listen: 1 } }
`;
  test("inherits through templates, evaluates expressions and normalizes", async () => {
    expect(await compose(text, "dev")).toMatchObject({
      name: "dev",
      description: "",
      isTemplate: false,
      env: { A: "root", B: "base", C: "dev", N: "8080", T: "true", WHO: "alice" },
      resources: { cpu: "500m", memory: "4Gi" },
      enableApps: true,
      apps: {
        one: { listen: 9000, start: ["sh", "-c", "echo hi"], restartPolicy: "on-failure", enabled: true },
        two: { listen: 1, maxRestartBackoff: 90 },
      },
    });
  });

  test("refuses a missing template and a circle", async () => {
    await expect(compose("blueprints: [{ name: a, template: nope }]", "a")).rejects.toThrow(
      /template nope does not exist/,
    );
    await expect(
      compose("blueprints: [{ name: a, template: b }, { name: b, template: a }]", "a"),
    ).rejects.toThrow(/circle/);
  });

  test("names the value that an expression made wrong", async () => {
    await expect(compose("blueprints: [{ name: a, hostname: !cel \"'not valid!'\" }]", "a")).rejects.toThrow(
      /blueprint a: hostname/,
    );
  });
});

describe("a blueprints file", () => {
  const lineOf = async (text: string) => {
    try {
      await parseBlueprintsFile(text);
    } catch (error) {
      if (error instanceof BlueprintFileError) return [error.line, error.message];
    }
    return undefined;
  };

  test.each([
    ["bad YAML", "blueprints:\n  - name: a\n   bad: [\n", 3, /./],
    [
      "a bad value",
      "blueprints:\n  - name: a\n    apps:\n      web:\n        listen: 99999\n",
      5,
      /a: .*listen/,
    ],
    ["a bad expression", "blueprints:\n  - name: a\n    splash: !cel user..x\n", 3, /!cel/],
    ["a key twice", "blueprints:\n  - name: a\n    env: { A: 1, B: 2, A: 3 }\n", 3, /unique/],
    ["a missing name", "blueprints:\n  - description: x\n", 2, /name/],
    ["no list", "blueprints: 7\n", 1, /./],
    ["a duplicate", "blueprints:\n  - name: a\n  - name: a\n", 3, /duplicate/],
    ["an unknown tag", "blueprints:\n  - name: !shell rm\n", 2, /./],
  ])("with %s is refused with its line", async (_, text, line, message) => {
    const [foundLine, foundMessage] = (await lineOf(text)) ?? [];
    expect(foundMessage).toMatch(message);
    expect(foundLine).toBe(line);
  });

  test("that is a bomb of aliases is refused", async () => {
    const levels = Array.from({ length: 20 }, (_, i) => `k${i + 1}: &a${i + 1} [*a${i}, *a${i}, *a${i}]`);
    await expect(parseBlueprintsFile(["k0: &a0 [x]", ...levels].join("\n"))).rejects.toThrow(
      BlueprintFileError,
    );
  });
});

describe("the catalogue", () => {
  let directory: string;
  let catalog: BlueprintCatalog | undefined;
  const errors: Array<Record<string, unknown>> = [];
  const log: Log = { debug() {}, info() {}, warn() {}, error: (fields) => void errors.push(fields) };
  const open = async () => {
    catalog = await openBlueprintCatalog({ directory, log });
    return catalog;
  };
  const until = async (probe: () => boolean) => {
    while (!probe()) await new Promise((next) => setTimeout(next, 20));
  };

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "k8shell-blueprints-"));
    errors.length = 0;
  });
  afterEach(async () => {
    catalog?.close();
    await rm(directory, { recursive: true, force: true });
  });

  test("starts with a base template and a dev blueprint that compose without fault", async () => {
    const { list, find, problems } = await open();
    expect(list().map(({ source }) => [source.name, source.isTemplate ?? false])).toEqual([
      ["base", true],
      ["dev", false],
    ]);
    expect(problems()).toEqual([]);
    const dev = await composeBlueprint({ tree: find("dev")?.tree ?? {}, find, bindings });
    expect(dev.resources).toEqual({ cpu: "1", memory: "2Gi" });
    expect(Object.keys(dev.apps).sort()).toEqual(["code-server", "web"]);
    expect(dev.apps.web).toMatchObject({ listen: 8080, autoStart: false });
    expect(dev.apps.web?.start[2]).toContain("listen(8080");
  });

  test("offers a file dropped into its directory without a restart, and forgets a removed one", async () => {
    const opened = await open();
    await writeFile(join(directory, "more.yaml"), "blueprints: [{ name: extra }]");
    await until(() => opened.find("extra") !== undefined);
    await rm(join(directory, "more.yaml"));
    await until(() => opened.find("extra") === undefined);
  });

  test("keeps the last good content of a file that breaks, and says file, line and why", async () => {
    await writeFile(join(directory, "mine.yaml"), "blueprints:\n  - name: mine\n    description: good\n");
    const opened = await open();
    await writeFile(join(directory, "mine.yaml"), "blueprints:\n  - name: mine\n    enableApps: maybe\n");
    await until(() => errors.length > 0);
    expect(errors).toEqual([{ file: "mine.yaml", line: 3, reason: expect.stringContaining("enableApps") }]);
    expect(opened.find("mine")?.source.description).toBe("good");
    expect(opened.problems()).toHaveLength(1);
    await writeFile(join(directory, "mine.yaml"), "blueprints:\n  - name: mine\n    description: better\n");
    await until(() => opened.find("mine")?.source.description === "better");
    expect(opened.problems()).toEqual([]);
  });

  test("gives a name defined twice to the first file and reports the second", async () => {
    await writeFile(join(directory, "a.yaml"), "blueprints: [{ name: same, description: first }]");
    await writeFile(join(directory, "b.yaml"), "blueprints: [{ name: same, description: second }]");
    const opened = await open();
    expect(opened.find("same")?.source.description).toBe("first");
    expect(errors).toEqual([{ file: "b.yaml", line: undefined, reason: "same is defined already" }]);
  });
});
