import { expect, test } from "vitest";
import { storedBytes } from "../postgres/test-database.ts";
import { expectStatus, startIdentity } from "./start-identity.ts";

const start = async () => {
  const started = await startIdentity();
  await started.client.createOrganization({ name: "acme" });
  await started.client.createUser({ username: "alice", organization: "acme" });
  return started;
};

test("variables of users and organizations are added, read, changed and deleted", async () => {
  const { client } = await start();
  expect(await client.addUserEnvVar({ username: "alice", key: "A", value: "1" })).toMatchObject({
    key: "A",
    value: "1",
    isSecret: false,
    redacted: false,
    origin: "user",
  });
  await client.addOrganizationEnvVar({ org: "acme", key: "A", value: "2", isSecret: true });
  expect(await client.getOrganizationEnvVar({ org: "acme", key: "A" })).toMatchObject({
    value: "2",
    origin: "org",
  });
  expect((await client.updateUserEnvVar({ username: "alice", key: "A", value: "" })).value).toBe("");
  expect((await client.updateOrganizationEnvVar({ org: "acme", key: "A", value: "3" })).value).toBe("3");
  await client.deleteUserEnvVar({ username: "alice", key: "A" });
  await expectStatus(client.getUserEnvVar({ username: "alice", key: "A" }), "NotFound");
  await client.deleteOrganizationEnvVar({ org: "acme", key: "A" });
  await expectStatus(client.deleteOrganizationEnvVar({ org: "acme", key: "A" }), "NotFound");
});

test("a user's list has the organization's variables too, and lists never show a secret", async () => {
  const { client } = await start();
  await client.addOrganizationEnvVar({ org: "acme", key: "SHARED", value: "org" });
  await client.addOrganizationEnvVar({ org: "acme", key: "TOKEN", value: "org-secret", isSecret: true });
  await client.addUserEnvVar({ username: "alice", key: "SHARED", value: "own" });
  await client.addUserEnvVar({ username: "alice", key: "MINE", value: "own-secret", isSecret: true });
  const { envVars } = await client.listUserEnvVars({ username: "alice" });
  expect(envVars.map(({ key, value, redacted, origin }) => [key, value, redacted, origin])).toEqual([
    ["MINE", "", true, "user"],
    ["SHARED", "own", false, "user"],
    ["TOKEN", "", true, "org"],
  ]);
  const org = await client.listOrganizationEnvVars({ org: "acme" });
  expect(org.envVars.map(({ key, value }) => [key, value])).toEqual([
    ["SHARED", "org"],
    ["TOKEN", ""],
  ]);
  expect((await client.getUserEnvVar({ username: "alice", key: "MINE" })).value).toBe("own-secret");
});

test("a secret cannot be made public without giving it a new value", async () => {
  const { client } = await start();
  await client.addUserEnvVar({ username: "alice", key: "S", value: "x", isSecret: true });
  const reveal = { username: "alice", key: "S", isSecret: false };
  await expectStatus(client.updateUserEnvVar(reveal), "InvalidArgument");
  expect(await client.updateUserEnvVar({ ...reveal, value: "y" })).toMatchObject({
    value: "y",
    isSecret: false,
  });
});

test("bad names, values and owners are refused", async () => {
  const { client } = await start();
  const add = (fields: object) =>
    client.addUserEnvVar({ username: "alice", key: "A", value: "1", ...fields });
  await expectStatus(add({ key: "" }), "InvalidArgument");
  await expectStatus(add({ key: "1A" }), "InvalidArgument");
  await expectStatus(add({ key: "A=B" }), "InvalidArgument");
  await expectStatus(add({ value: "a\0b" }), "InvalidArgument");
  await expectStatus(add({ value: "x".repeat(40_000) }), "InvalidArgument");
  await expectStatus(add({ username: "bob" }), "NotFound");
  await expectStatus(client.listOrganizationEnvVars({ org: "nope" }), "NotFound");
  await expectStatus(client.updateUserEnvVar({ username: "alice", key: "NOPE", value: "1" }), "NotFound");
  await add({});
  await expectStatus(add({}), "AlreadyExists");
});

test("values are encrypted at rest and go with their owner", async () => {
  const { client, dataDir } = await start();
  await client.addUserEnvVar({ username: "alice", key: "VISIBLE_KEY", value: "plain-value" });
  const stored = await storedBytes(dataDir);
  expect(stored.includes("VISIBLE_KEY")).toBe(true);
  expect(stored.includes("plain-value")).toBe(false);
  await client.deleteUser({ username: "alice" });
  await client.createUser({ username: "alice", organization: "acme" });
  expect((await client.listUserEnvVars({ username: "alice" })).envVars).toEqual([]);
});
