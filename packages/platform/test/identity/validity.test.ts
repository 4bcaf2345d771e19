import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";
import { expectStatus, startIdentity } from "./start-identity.ts";

/** Starts with user alice, who has a token and a password, and a way to change the stored rows. */
const start = async () => {
  const started = await startIdentity();
  await started.client.createUser({ username: "alice", organization: "default", password: "correct horse" });
  const { token } = await started.client.createAccessToken({ username: "alice", name: "x", scopes: ["*"] });
  const change = (statement: string, value: number) => {
    const database = new DatabaseSync(join(started.dataDir, "identity.db"));
    database.prepare(statement).run(value);
    database.close();
  };
  return { ...started, token, change };
};

test("a user who is not valid can do nothing", async () => {
  const { client, token, change } = await start();
  change("update users set is_valid = ? where username = 'alice'", 0);
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
  change("update users set expires_at = ? where username = 'alice'", clock.now + 60_000);
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
