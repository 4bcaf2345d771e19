import { blueprintDocument } from "@k8shell/contract";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Assembled, addUser, type Credentials, startAssembled } from "./assembled.ts";
import { startGateway } from "./gateway-harness.ts";

let assembled: Assembled;
let alice: Credentials;
let bob: Credentials;

beforeAll(async () => {
  assembled = await startAssembled();
  alice = await addUser(assembled, "alice");
  bob = await addUser(assembled, "bob");
});
afterAll(() => assembled?.close());

const compose = async (
  text: string | Uint8Array<ArrayBuffer>,
  { path = "/me/blueprints/compose", as = alice, type = "text/yaml" } = {},
) => {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  const response = await assembled.request("POST", `/api/v1${path}`, {
    credentials: { ...as, "content-type": type },
    bytes,
  });
  return { status: response.status, body: await response.json() };
};

test("a blueprint comes back as JSON with its template under it and its expressions evaluated", async () => {
  const { status, body } = await compose(`blueprint:
  name: mine
  template: base
  env:
    WHO: !cel user.username + "@" + org
    PORT: 8080
  resources:
    cpu: 500m
  apps:
    docs: {binary: mkdocs, listen: 8000}
`);
  expect(status).toBe(200);
  expect(blueprintDocument.parse(body)).toMatchObject({
    metadata: { name: "mine" },
    name: "mine",
    template: "base",
    env: { EDITOR: "vi", WHO: "alice@default", PORT: "8080" },
    resources: { cpu: "500m", memory: "2Gi" },
    // Clients read an app's name in the app, too.
    apps: { docs: { name: "docs", binary: "mkdocs", listen: 8000 } },
  });
});

test("what is wrong is told with the line it stands in", async () => {
  const wrong: Array<[string, string]> = [
    ["blueprint:\n  env:\n    - a\n", "line 3: env: expected record"],
    ["blueprint:\n  name: x\n  resources:\n    cpu: [1]\n", "line 4: resources.cpu: "],
    ["blueprint:\n  name: x\n  env: {A: !cel '1 +'}\n", "line 3: "],
    ["blueprint:\n  name: x\n   env: 1\n", "line 2: "],
    ["blueprint:\n  name: x\n  template: nope\n", "line 3: template nope does not exist"],
    ["blueprints: []\n", "blueprint: "],
    [
      "blueprint:\n  env: {}\n  initScript: []\n",
      "line 3: initScript: is no key of a blueprint, perhaps initScripts is meant",
    ],
    [
      "blueprint:\n  apps:\n    docs:\n      listn: 8000\n",
      "line 4: apps.docs.listn: is no key of a blueprint, perhaps listen is meant",
    ],
  ];
  for (const [text, start] of wrong) {
    const { status, body } = await compose(text);
    expect(body.msg, text).toContain(start);
    expect(status).toBe(400);
  }
});

test("keys that a newer platform may have are no fault", async () => {
  const text =
    "blueprint:\n  name: x\n  quota: {disk: 1Gi}\n  apps: {docs: {listen: 8000, healthcheck: /up}}\n";
  expect((await compose(text)).status).toBe(200);
});

test("the values of variables are not shown to who may only read blueprints", async () => {
  await assembled.call("POST", "/me/envvars", alice, { key: "SECRET", value: "hush", isSecret: true });
  const { body } = await compose("blueprint:\n  name: x\n  env: {COPY: !cel env.SECRET}\n");
  expect(body.env.COPY).toBe("<SECRET>");
});

test("other people's blueprints, other types and bodies that are too large are refused", async () => {
  const of = { path: "/users/alice/blueprints/compose" };
  const text = "blueprint: {name: x}\n";
  expect((await compose(text, { ...of, as: bob })).status).toBe(403);
  expect((await compose(text, of)).status).toBe(200);
  expect(
    (await compose(text, { path: "/users/nobody/blueprints/compose", as: assembled.admin })).status,
  ).toBe(404);
  expect((await compose(text, { type: "application/json" })).status).toBe(415);
  expect((await compose(`${text}# ${"x".repeat(70_000)}`)).status).toBe(413);
  expect((await compose(new Uint8Array([0x62, 0xff, 0xfe]))).status).toBe(400);
});

test("without the provisioner's templates a blueprint that names one gets 501, and another is composed", async () => {
  const gateway = await startGateway();
  try {
    const token = await gateway.addUser("carol");
    const send = (text: string) =>
      fetch(`${gateway.url}/api/v1/me/blueprints/compose`, {
        method: "POST",
        headers: { authorization: `Bearer ${token}`, "content-type": "text/yaml" },
        body: text,
      });
    expect((await send("blueprint: {name: x, template: base}\n")).status).toBe(501);
    expect((await send("blueprint: {name: x}\n")).status).toBe(200);
  } finally {
    await gateway.close();
  }
});
