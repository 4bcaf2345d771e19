import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ApiError } from "../src/http/api-error.ts";
import { start } from "./terminal-fixture.ts";
import { forbid } from "./workspace-fixture.ts";

test("the explorer lists, makes and removes, relative to the home directory or anywhere", async () => {
  const { open, daemon } = await start();
  const { home } = daemon;
  mkdirSync(join(home, "docs"));
  writeFileSync(join(home, "docs", "b.txt"), "12345");
  writeFileSync(join(home, "docs", ".hidden"), "");
  mkdirSync(join(home, "docs", "a"));
  symlinkSync("a", join(home, "docs", "link"));
  symlinkSync("nowhere", join(home, "docs", "broken"));
  const terminal = await open();
  const listed = await terminal.explore({ case: "listFiles", value: { path: "docs" } });
  if (listed?.case !== "listFiles") throw new Error("no listing");
  expect(listed.value.error).toBeUndefined();
  expect(listed.value.files).toMatchObject(
    [
      { name: "a", path: join(home, "docs/a"), isDir: true, mode: "drwxr-xr-x" },
      { name: "link", isDir: true },
      { name: "b.txt", path: join(home, "docs/b.txt"), isDir: false, size: 5n, mode: "-rw-r--r--" },
      { name: "broken", isDir: false },
    ].sort((a, b) => (a.isDir === b.isDir ? (a.name < b.name ? -1 : 1) : a.isDir ? -1 : 1)),
  );
  expect(listed.value.files[0]?.modTime).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  const all = await terminal.explore({
    case: "listFiles",
    value: { path: join(home, "docs"), showHidden: true },
  });
  expect(all?.case === "listFiles" && all.value.files.map(({ name }) => name)).toContain(".hidden");

  const made = await terminal.explore({ case: "makeDirectory", value: { path: "docs", name: "made" } });
  expect(made?.case === "makeDirectory" && made.value.error).toBeUndefined();
  expect(existsSync(join(home, "docs/made"))).toBe(true);
  const removed = await terminal.explore({ case: "remove", value: { path: "docs" } });
  expect(removed?.case === "remove" && removed.value.error).toBeUndefined();
  expect(readdirSync(home)).not.toContain("docs");
  await terminal.close();
});

test("the explorer tells what went wrong, and the terminal goes on", async () => {
  const { open, daemon } = await start();
  writeFileSync(join(daemon.home, "file"), "");
  const terminal = await open();
  const told = async (command: Parameters<typeof terminal.explore>[0]) => {
    const answer = await terminal.explore(command);
    return answer?.value && "error" in answer.value ? answer.value.error : undefined;
  };
  expect(await told({ case: "listFiles", value: { path: "missing" } })).toBe(
    "There is no such file or directory.",
  );
  expect(await told({ case: "listFiles", value: { path: "file" } })).toBe("The path is not a directory.");
  expect(await told({ case: "listFiles", value: { path: "a\0b" } })).toContain("NUL");
  expect(await told({ case: "makeDirectory", value: { path: "", name: "file" } })).toContain(
    "already something",
  );
  for (const name of ["", ".", "..", "a/b", "x\0"]) {
    expect(await told({ case: "makeDirectory", value: { path: "", name } })).toBeTruthy();
  }
  for (const path of ["/", "//", ".", "./", "..", "~", daemon.home, `${daemon.home}/`, "a/..", ""]) {
    expect(await told({ case: "remove", value: { path } })).toBeTruthy();
  }
  expect(existsSync(join(daemon.home, "file"))).toBe(true);
  terminal.type("echo on-$((1 + 1))\n");
  await terminal.shows("on-2");
  await terminal.close();
});

test("the explorer knows the directory of the shell", async () => {
  const { open } = await start();
  const terminal = await open();
  terminal.type("cd /usr/lib && echo there-$((1 + 1))\n");
  await terminal.shows("there-2");
  expect(await terminal.explore({ case: "getCwd", value: {} })).toMatchObject({
    case: "getCwd",
    value: { path: "/usr/lib" },
  });
  await terminal.close();
});

test("who may not use files keeps the terminal, and is asked about once", async () => {
  const asked: string[] = [];
  const { open } = await start({
    authorize(action) {
      asked.push(`${action.action} ${action.scope} ${JSON.stringify(action.context)}`);
      forbid("workspace:connect:webfiles")(action);
    },
  });
  const terminal = await open();
  for (let turn = 0; turn < 3; turn++) {
    const answer = await terminal.explore({ case: "listFiles", value: { path: "" } });
    expect(answer).toMatchObject({ case: "listFiles", value: { files: [], error: "no" } });
  }
  terminal.type("echo on-$((1 + 1))\n");
  await terminal.shows("on-2");
  expect(asked).toEqual([
    'workspace:connect workspace:connect:webshell {"type":"webshell"}',
    'session:start workspace:connect:webshell {"session_type":"shell","session_source":"api-server"}',
    'workspace:connect workspace:connect:webfiles {"type":"webfiles"}',
  ]);
  await terminal.close();
});

test("each command is decided with its operation and path, also where a link leads", async () => {
  const asked: string[] = [];
  const { open, daemon } = await start({
    authorize({ action, context }) {
      if (action !== "workspace:files") return;
      asked.push(`${context?.operation} ${context?.path}`);
      if (String(context?.path).includes("secret")) throw new ApiError("forbidden", "not this one");
    },
  });
  const { home } = daemon;
  mkdirSync(join(home, "secret"));
  writeFileSync(join(home, "secret", "file"), "");
  mkdirSync(join(home, "open"));
  symlinkSync("secret", join(home, "innocent"));
  const terminal = await open();
  const told = async (command: Parameters<typeof terminal.explore>[0]) => {
    const answer = await terminal.explore(command);
    return answer?.value && "error" in answer.value ? answer.value.error : undefined;
  };
  expect(await told({ case: "listFiles", value: { path: "open" } })).toBeUndefined();
  expect(await told({ case: "listFiles", value: { path: "secret" } })).toBe("not this one");
  expect(await told({ case: "listFiles", value: { path: "innocent" } })).toBe("not this one");
  expect(await told({ case: "makeDirectory", value: { path: "innocent", name: "made" } })).toBe(
    "not this one",
  );
  expect(await told({ case: "remove", value: { path: "innocent/file" } })).toBe("not this one");
  expect(readdirSync(join(home, "secret"))).toEqual(["file"]);
  // The link itself is no secret.
  expect(await told({ case: "remove", value: { path: "innocent" } })).toBeUndefined();
  expect(asked).toEqual([
    "list ~/open",
    `list ${home}/open`,
    "list ~/secret",
    "list ~/innocent",
    `list ${home}/secret`,
    "mkdir ~/innocent/made",
    `mkdir ${home}/secret/made`,
    "delete ~/innocent/file",
    `delete ${home}/secret/file`,
    "delete ~/innocent",
    `delete ${home}/innocent`,
  ]);
  await terminal.close();
});
