import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Assembled, addUser, type Credentials, createWorkspace, startAssembled } from "./assembled.ts";
import { openTerminal } from "./terminal-client.ts";
import { eventually } from "./workspace-fixture.ts";

let product: Assembled;
/** Ann's terminals are recorded, Bob's with what he types. */
let ann: Credentials;
let bob: Credentials;
let mallory: Credentials;
const workspaces = new Map<Credentials, string>();

const policy = (user: string, what: string) => `
@id("record-${user}")
@rank("50")
@obligation_record("${what}")
permit (principal, action == Action::"session:start", resource)
when { resource has owner && resource.owner == principal && principal == User::"${user}" };
`;

beforeAll(async () => {
  product = await startAssembled();
  mallory = await addUser(product, "mallory");
  ann = await addUser(product, "ann", { roles: ["developer"] });
  bob = await addUser(product, "bob", { roles: ["developer"] });
  for (const [name, user] of [
    ["ann", ann],
    ["bob", bob],
  ] as const) {
    workspaces.set(user, (await createWorkspace(product, name, user)).workspace);
  }
  const file = join(product.server.dataDir, "policies", "record.cedar");
  expect(await list(ann)).toEqual([]);
  await writeFile(file, policy("ann", "shell,exec") + policy("bob", "shell,shell-input"));
  // Commands, not terminals: those are let go only when their shells have started, and a workspace has a number of them.
  await eventually(async () => {
    await run(ann, "true");
    return (await list(ann)).length > 0;
  });
});
afterAll(() => product.close());

interface Recording {
  readonly sessionID: string;
  readonly active: boolean;
  readonly width: number;
  readonly cast: string;
  readonly size: number;
}

const list = async (credentials: Credentials, query = ""): Promise<readonly Recording[]> => {
  const found = await product.api("GET", `/recordings${query}`, { credentials });
  return Array.isArray(found) ? found : [];
};

const open = (user: Credentials, tab: string) =>
  openTerminal(
    `${product.server.url}/api/v1/workspaces/${workspaces.get(user)}/interactive?tab=${tab}&cols=90&rows=30`,
    { headers: { ...user } },
  );

const run = (user: Credentials, command: string, stdin = "") =>
  product.api("POST", `/workspaces/${workspaces.get(user)}/exec`, {
    credentials: user,
    body: { command, stdin },
  });

const castOf = async (user: Credentials, { cast }: Recording) => {
  const response = await product.request("GET", cast, { credentials: user });
  expect(response.headers.get("content-type")).toBe("application/x-asciicast");
  const [header, ...events] = (await response.text())
    .trimEnd()
    .split("\n")
    .map((line): unknown => JSON.parse(line));
  const text = (code: string) =>
    events.flatMap((event) => (Array.isArray(event) && event[1] === code ? [String(event[2])] : []));
  return { header, output: text("o").join(""), input: text("i").join(""), sizes: text("r") };
};

const recorded = async (
  user: Credentials,
  commands: (terminal: Awaited<ReturnType<typeof open>>) => Promise<void>,
): Promise<Recording> => {
  const before = new Set((await list(user)).map(({ sessionID }) => sessionID));
  const terminal = await open(user, "one");
  await commands(terminal);
  await terminal.close();
  for (;;) {
    const found = (await list(user)).find(({ sessionID }) => !before.has(sessionID));
    if (found && !found.active) return found;
  }
};

test("a terminal is recorded when the policy obliges: output and sizes, never what is typed, never tokens", async () => {
  const secret = `k8sh_${"S".repeat(43)}`;
  const recording = await recorded(ann, async (terminal) => {
    terminal.type(
      "stty -echo; echo ask-$((1 + 1)); read hidden; stty echo; echo typed $(expr length $hidden)\n",
    );
    await terminal.shows("ask-2");
    terminal.type("sesame\n");
    await terminal.shows("typed 6");
    terminal.type(`printf 'key: k8sh_%s end\\n' ${"S".repeat(43)}\n`);
    await terminal.shows(`${secret} end`);
    terminal.resize(100, 40);
    terminal.type("echo last-$((1 + 1))\n");
    await terminal.shows("last-2");
  });
  const { header, output, input, sizes } = await castOf(ann, recording);
  expect(header).toMatchObject({ version: 2, width: 90, height: 30 });
  expect(output).toContain("typed 6");
  expect(output).toContain("key: [redacted] end");
  expect(output).toContain("last-2");
  expect(output).not.toContain(secret);
  expect([input, output.includes("sesame")]).toEqual(["", false]);
  expect(sizes).toContain("100x40");
});

test("what is typed is recorded only when the policy says so", async () => {
  const recording = await recorded(bob, async (terminal) => {
    terminal.type("echo input-$((1 + 1))\n");
    await terminal.shows("input-2");
  });
  expect((await castOf(bob, recording)).input).toContain("echo input-$((1 + 1))\n");
});

test("the output of a command is recorded when the policy obliges, and only then; its input is not", async () => {
  const command = `echo out-$((1 + 1)); cat >/dev/null; echo k8sh_${"T".repeat(43)} >&2`;
  const before = new Set((await list(ann)).map(({ sessionID }) => sessionID));
  const known = (await list(bob)).length;
  await run(bob, command, "sesame");
  await run(ann, command, "sesame");
  let recording: Recording | undefined;
  while (!recording || recording.active) {
    recording = (await list(ann)).find(({ sessionID }) => !before.has(sessionID));
  }
  expect(recording).toMatchObject({ kind: "exec" });
  const { output, input } = await castOf(ann, recording);
  expect(output).toContain("out-2");
  expect(output).toContain("[redacted]");
  expect([input, output.includes("sesame"), output.includes("TTTT")]).toEqual(["", false, false]);
  const cast = await product.request("GET", `/api/v1/recordings/${recording.sessionID}/cast`, {
    credentials: ann,
  });
  const header = (await cast.text()).split("\n", 1)[0] ?? "";
  expect(JSON.parse(header).title, "the command line").toContain("echo [redacted]");
  expect((await list(bob)).length).toBe(known);
});

test("whoever may see a session may see its recording, in parts too; deleting it takes an administrator", async () => {
  const [recording] = await list(ann);
  if (!recording) throw new Error("no recording");
  const path = `/api/v1/recordings/${recording.sessionID}`;
  const status = async (method: string, at: string, credentials: Credentials) => {
    const response = await product.request(method, at, { credentials });
    await response.arrayBuffer();
    return response.status;
  };
  expect(await product.api("GET", `/recordings/${recording.sessionID}`, { credentials: ann })).toEqual(
    recording,
  );
  expect(await status("GET", path, mallory)).toBe(404);
  expect(await status("GET", `${path}/cast`, mallory)).toBe(404);
  expect(await list(mallory, "?all=true")).toEqual([]);
  expect(await status("GET", "/api/v1/recordings?username=ann", mallory)).toBe(403);
  expect(await status("GET", path, product.admin)).toBe(200);
  expect((await list(product.admin, "?username=ann")).length).toBeGreaterThan(1);

  const part = await product.request("GET", recording.cast, { credentials: { ...ann, range: "bytes=0-9" } });
  expect([part.status, await part.text(), part.headers.get("content-range")]).toEqual([
    206,
    '{"version"',
    `bytes 0-9/${recording.size}`,
  ]);
  const beyond = await product.request("GET", recording.cast, {
    credentials: { ...ann, range: "bytes=99999999-" },
  });
  expect(beyond.status).toBe(416);

  expect(await status("DELETE", path, ann)).toBe(403);
  expect(await status("DELETE", path, mallory)).toBe(403);
  expect(await status("DELETE", path, product.admin)).toBe(204);
  expect(await status("GET", path, ann)).toBe(404);
  expect(await status("GET", "/api/v1/recordings/none", ann)).toBe(404);
});
