import fc from "fast-check";
import { expect, test } from "vitest";
import { ConfigError } from "./fields.ts";
import { parseConfig } from "./read-config.ts";

const minimal = {
  workspace: "alice-59936c3",
  listen: "/run/d.sock",
  username: "alice",
  home: "/home/alice",
  stateDir: "/var/lib/k8shell",
};

test("a minimal configuration gets the defaults", () => {
  expect(parseConfig(minimal)).toMatchObject({
    env: {},
    initScripts: [],
    shells: { allowSessionDetach: false, detachTimeoutSeconds: 1800 },
    ignoreOrphans: false,
    enableApps: false,
    apps: [],
  });
});

test("an app gets its defaults, and a field of a newer launcher is ignored", () => {
  const config = parseConfig({ ...minimal, apps: [{ name: "web", start: ["serve"] }], fromTheFuture: 1 });
  expect(config.apps).toEqual([
    {
      name: "web",
      enabled: true,
      binary: "",
      versionCmd: undefined,
      versionRegex: undefined,
      install: undefined,
      start: ["serve"],
      listen: 0,
      restartPolicy: "never",
      maxRestartBackoff: undefined,
      autoStart: false,
      protocol: "",
    },
  ]);
});

test("what is wrong is named", () => {
  const wrong: Array<[object, string]> = [
    [{ home: "relative" }, "home must be an absolute path"],
    [{ workspace: "" }, "workspace must be a non-empty string"],
    [{ env: { A: 1 } }, "env.A must be a string"],
    [{ env: { A: "a\0b" } }, "env.A must be a string without NUL"],
    [{ apps: [{ name: "../x" }] }, "apps[0].name may hold"],
    [{ apps: [{ name: "a", listen: 70000 }] }, "apps[0].listen must be a port"],
    [{ apps: [{ name: "a", restartPolicy: "sometimes" }] }, "apps[0].restartPolicy must be one of"],
    [{ apps: [{ name: "a" }, { name: "a" }] }, "apps must have different names"],
    [{ shells: { detachTimeoutSeconds: -1 } }, "shells.detachTimeoutSeconds must be a number"],
    [{ initScripts: [{ script: "x" }] }, "initScripts[0].name must be"],
  ];
  for (const [change, message] of wrong) {
    expect(() => parseConfig({ ...minimal, ...change })).toThrow(message);
  }
});

test("anything at all is either a configuration or a ConfigError", () => {
  const keys = fc.constantFrom(...Object.keys(minimal), "apps", "env", "shells", "initScripts", "limits");
  fc.assert(
    fc.property(fc.dictionary(keys, fc.jsonValue()), (value) => {
      try {
        parseConfig({ ...minimal, ...value });
      } catch (error) {
        expect(error).toBeInstanceOf(ConfigError);
      }
    }),
  );
});
