import { expect, test } from "vitest";
import { parseCliArguments } from "./cli-arguments.ts";

test("flags win over the environment", () => {
  const env = { K8SHELL_DATA: "/env", K8SHELL_PORT: "1", K8SHELL_BIND: "0.0.0.0" };
  expect(parseCliArguments([], env)).toMatchObject({
    data: "/env",
    port: 1,
    bind: "0.0.0.0",
    stopWorkspaces: false,
  });
  expect(
    parseCliArguments(
      [
        "--data",
        "/flag",
        "--port=0",
        "--bind",
        "::1",
        "--config",
        "c.yaml",
        "--stop-workspaces",
        "--logtext",
      ],
      env,
    ),
  ).toMatchObject({
    data: "/flag",
    port: 0,
    bind: "::1",
    config: "c.yaml",
    stopWorkspaces: true,
    logText: true,
  });
});

test("nothing given is nothing set, and empty variables count as absent", () => {
  expect(parseCliArguments([], { K8SHELL_DATA: "", K8SHELL_PORT: "" })).toEqual({
    help: false,
    version: false,
    data: undefined,
    port: undefined,
    bind: undefined,
    config: undefined,
    checkConfig: false,
    stopWorkspaces: false,
    logText: false,
  });
});

test.each([
  [["--port", "http"], {}, /--port is "http"/],
  [["--port", "65536"], {}, /0 to 65535/],
  [[], { K8SHELL_PORT: "-1" }, /K8SHELL_PORT is "-1"/],
  [["--unknown"], {}, /--unknown.*--help/s],
  [["word"], {}, /word.*--help/s],
])("a command line that makes no sense is refused with what to write: %j %j", (args, env, message) => {
  expect(() => parseCliArguments(args, env)).toThrow(message);
});
