import { createHash } from "node:crypto";
import { AuthKeyFormat } from "@k8shell/contract/gen/identity/v1/identity_pb.js";
import { describe, expect, test } from "vitest";
import { makeKey } from "./make-key.ts";
import { expectStatus, startIdentity } from "./start-identity.ts";

const start = async () => {
  const started = await startIdentity();
  await started.client.createUser({ username: "alice", organization: "default" });
  const list = async (format = AuthKeyFormat.NORMAL) =>
    (await started.client.listUserAuthKeys({ username: "alice", format })).authKeys.map((key) => key.key);
  return { ...started, list };
};

describe("SSH keys", () => {
  test("are added, listed in order, and removed by their index", async () => {
    const { client, list } = await start();
    const [first, second, third] = [makeKey("a@b"), makeKey("c d"), makeKey()];
    await client.addUserAuthKeys({ username: "alice", authKeys: [first, `  ${second}\n`] });
    await client.addUserAuthKeys({ username: "alice", authKeys: [third] });
    expect(await list()).toEqual([first, second, third]);
    await client.removeUserAuthKey({ username: "alice", index: 1 });
    expect(await list()).toEqual([first, third]);
    await expectStatus(client.removeUserAuthKey({ username: "alice", index: 2 }), "InvalidArgument");
  });

  test("are shown as fingerprints when asked", async () => {
    const { client, list } = await start();
    const key = makeKey();
    await client.addUserAuthKeys({ username: "alice", authKeys: [key] });
    const blob = Buffer.from(key.split(" ")[1] ?? "", "base64");
    const digest = createHash("sha256").update(blob).digest("base64").replace(/=+$/, "");
    expect(await list(AuthKeyFormat.DIGEST)).toEqual([`SHA256:${digest}`]);
  });

  test("sign their user in and nobody else", async () => {
    const { client } = await start();
    await client.createUser({ username: "bob", organization: "default" });
    const publicKey = makeKey();
    await client.addUserAuthKeys({ username: "alice", authKeys: [`${publicKey} laptop`] });
    const attempt = (username: string, key: string) => client.authUserPublicKey({ username, publicKey: key });
    expect(await attempt("alice", publicKey)).toMatchObject({ valid: true, user: { username: "alice" } });
    expect((await attempt("bob", publicKey)).valid).toBe(false);
    expect((await attempt("nobody", publicKey)).valid).toBe(false);
    expect((await attempt("alice", makeKey())).valid).toBe(false);
    expect((await attempt("alice", "garbage")).valid).toBe(false);
  });

  test("are refused when they are none, none at all, or there already", async () => {
    const { client, list } = await start();
    const add = (...authKeys: string[]) => client.addUserAuthKeys({ username: "alice", authKeys });
    await expectStatus(add(), "InvalidArgument");
    await expectStatus(add("ssh-ed25519 AAAA"), "InvalidArgument");
    await expectStatus(add('command="rm -rf /" ssh-ed25519 AAAA'), "InvalidArgument");
    await expectStatus(add(makeKey(), "nonsense"), "InvalidArgument");
    expect(await list()).toEqual([]);
    const key = makeKey();
    await add(key);
    await expectStatus(add(`${key} another comment`), "AlreadyExists");
    await expectStatus(client.addUserAuthKeys({ username: "bob", authKeys: [key] }), "NotFound");
  });
});
