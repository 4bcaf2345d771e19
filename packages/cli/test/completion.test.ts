import { execFileSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { discard, type RunningServer } from "../../../test/e2e/harness.ts";
import { newHome, runCli, startCliPlatform } from "./run-cli.ts";

let server: RunningServer;
let home: string;
let name: string;
let env: Record<string, string>;

const bundle = resolve(import.meta.dirname, "../dist/k8shell-cli.mjs");

beforeAll(async () => {
  ({ server, home, name } = await startCliPlatform());
  for (const file of ["notes.txt", "my $(sum)'s.txt"]) {
    await server.api("PUT", `/workspaces/${name}/files?path=${encodeURIComponent(file)}`);
  }
  const bin = join(home, "bin");
  await mkdir(bin);
  await writeFile(join(bin, "k8shell"), `#!/bin/sh\nexec "${process.execPath}" "${bundle}" "$@"\n`, {
    mode: 0o755,
  });
  env = { HOME: home, PATH: `${bin}:${dirname(process.execPath)}:${process.env.PATH}`, ...patient };
});
afterAll(() => discard(server));

/** However busy this machine is. */
const patient = { K8SHELL_COMPLETION_SECONDS: "20" };

/** What is offered at the end of the words. */
const offered = async (...words: string[]) => {
  const { stdout } = await runCli(home, ["__complete", "--", ...words], { env: patient });
  const lines = stdout.trimEnd().split("\n");
  return { values: lines.slice(0, -1).map((line) => line.split("\t")[0]), directive: lines.at(-1) };
};

it("offers commands, options and their values", async () => {
  expect((await offered("works")).values).toEqual(["workspace"]);
  expect((await offered("ws", "s")).values).toEqual(["start", "shutdown", "shell", "ssh", "scp"]);
  expect((await offered("ws", "shell", "--ro")).values).toEqual(["--role"]);
  expect((await offered("ws", "shell", "--role", "")).values).toEqual(["owner", "writer", "observer"]);
  expect((await offered("ws", "shell", "--role=w")).values).toEqual(["--role=writer"]);
  expect((await offered("completion", "z")).values).toEqual(["zsh"]);
  expect((await offered("ws", "exec", "dev", "--", "--")).values).toEqual([]);
  expect((await offered("nothing", "x")).values).toEqual([]);
});

it("asks the server for what only it knows", async () => {
  expect((await offered("--json", "ws", "shell", "")).values).toEqual([name]);
  expect((await offered("-c", "")).values).toEqual(["here"]);
  expect((await offered("ws", "create", "d")).values).toEqual(["dev"]);
  expect((await offered("app", "start", "dev", "w")).values).toEqual(["web"]);
  expect((await offered("token", "revoke", "admin")).values).toContain("admin-token");
  expect(await offered("ws", "cp", "dev:no")).toEqual({ values: ["dev:notes.txt"], directive: ":nospace" });
  expect(await offered("ws", "cp", name.slice(0, 5))).toEqual({
    values: [`${name}:`],
    directive: ":nospace",
  });
  expect(await offered("ws", "cp", "./")).toEqual({ values: [], directive: ":files" });
});

it("offers nothing, and says nothing, where there is no server", async () => {
  const { stdout, stderr, code } = await runCli(await newHome(), ["__complete", "--", "ws", "get", ""]);
  expect({ stdout, stderr, code }).toEqual({ stdout: ":\n", stderr: "", code: 0 });
});

it("works in bash", () => {
  const complete = (...words: string[]) =>
    execFileSync(
      "bash",
      [
        "--norc",
        "-c",
        `eval "$(k8shell completion bash)"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _k8shell; printf '%s\\n' "\${COMPREPLY[@]}"`,
        "bash",
        "k8shell",
        ...words,
      ],
      { env, encoding: "utf8" },
    );
  expect(complete("workspace", "get", "")).toBe(`${name}\n`);
  expect(complete("ws", "cp", "dev:no")).toBe("dev:notes.txt\n");
  // The words are as they are on the line; what is put there is one word again.
  const quoted = "dev:my\\ \\$\\(sum\\)\\'s.txt\n";
  expect(complete("ws", "cp", "dev:my")).toBe(quoted);
  expect(complete("ws", "cp", "dev:my\\ \\$")).toBe(quoted);
  expect(complete("ws", "cp", "'dev:no")).toBe("dev:notes.txt\n");
  expect(complete("ws", "cp", '"dev:my ')).toBe("\n");
});

it("works in fish", () => {
  const complete = (line: string) =>
    execFileSync("fish", ["--no-config", "-c", `k8shell completion fish | source; complete -C '${line}'`], {
      env,
      encoding: "utf8",
    });
  expect(complete("k8shell workspace get ")).toBe(`${name}\tdev, Running\n`);
  expect(complete("k8shell ws cp dev:no")).toContain("dev:notes.txt");
  expect(complete("k8shell ws cp dev:my\\\\ ")).toContain("dev:my $(sum)'s.txt");
});

it("works in zsh", () => {
  // The function of the script, with what zsh's completion system would call replaced by one that prints.
  const complete = (...words: string[]) =>
    execFileSync(
      "zsh",
      [
        "-f",
        "-c",
        `compdef() { }; eval "$(k8shell completion zsh)"; _describe() { print -rl -- "\${candidates[@]}" }; words=("$@"); CURRENT=$#; _k8shell`,
        "zsh",
        "k8shell",
        ...words,
      ],
      { env, encoding: "utf8" },
    );
  expect(complete("workspace", "get", "")).toBe(`${name}:dev, Running\n`);
  expect(complete("ws", "cp", "dev:no")).toBe("dev\\:notes.txt:file\n");
  expect(complete("ws", "cp", "dev:my\\ \\$")).toBe("dev\\:my $(sum)'s.txt:file\n");
});
