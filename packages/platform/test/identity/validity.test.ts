import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";
import { changeStored } from "../postgres/test-database.ts";
import { expectStatus, startIdentity } from "./start-identity.ts";

/** Starts with user alice, who has a token and a password, and a way to change the stored rows. */
const start = async () => {
  const started = await startIdentity();
  await started.client.createUser({ username: "alice", organization: "default", password: "correct horse" });
  const { token } = await started.client.createAccessToken({ username: "alice", name: "x", scopes: ["*"] });
  const change = (statement: string) => changeStored(started.dataDir, statement);
  return { ...started, token, change };
};

test("a user who is not valid can do nothing", async () => {
  const { client, token, change } = await start();
  await change("update users set is_valid = 0 where username = 'alice'");
  await client.addUserRoles({ username: "alice", roles: ["developer"] });
  await expectStatus(client.findUser({ username: "alice" }), "Internal");
  await expectStatus(client.resolveAccessToken({ token }), "Unauthenticated");
  await expectStatus(client.issueUserToken({ username: "alice", source: "" }), "Internal");
  const attempt = await client.authUserPassword({ username: "alice", password: "correct horse" });
  expect(attempt.valid).toBe(false);
  const { users } = await client.getUsers({});
  expect(users).toMatchObject([{ username: "alice", isValid: false }]);
});

test("a user stops being valid at the moment they expire", async () => {
  const { client, token, clock, change } = await start();
  await change(`update users set expires_at = ${clock.now + 60_000} where username = 'alice'`);
  await client.addUserRoles({ username: "alice", roles: ["developer"] });
  await client.resolveAccessToken({ token });
  clock.now += 60_000;
  await expectStatus(client.resolveAccessToken({ token }), "Unauthenticated");
  await expectStatus(client.findUser({ username: "alice" }), "Internal");
});

test("expired tokens stay listed for six hours and are purged at a later start", async () => {
  const { client, clock, dataDir } = await start();
  const expiresAt = timestampFromMs(clock.now + 1000);
  await client.createAccessToken({ username: "alice", name: "short", scopes: ["*"], expiresAt });
  const restartAt = async (now: number) => {
    const again = await startIdentity({ dataDir, now: () => now });
    const { tokens } = await again.client.listAccessTokens({ username: "alice" });
    return tokens.map((entry) => entry.name);
  };
  expect(await restartAt(clock.now + 6 * 3_600_000)).toEqual(["x", "short"]);
  expect(await restartAt(clock.now + 6 * 3_600_000 + 2000)).toEqual(["x"]);
});
