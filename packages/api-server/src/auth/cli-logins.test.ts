import { sqliteKv } from "@k8shell/kv";
import { expect, test } from "vitest";
import { createCliLogins } from "./cli-logins.ts";

test("a result is handed out once, and the store alone does not reveal it", async () => {
  const kv = sqliteKv({ file: ":memory:" });
  const bucket = await kv.bucket("cli-logins");
  const logins = createCliLogins(bucket);
  const result = { provider: "p", address: "a", username: "alice", token: "k8sh_secret" };
  await logins.store("0123456789abcdef", result);
  const [key = ""] = await bucket.keys();
  const stored = (await bucket.get(key))?.value ?? "";
  expect(`${key} ${stored}`).not.toContain("0123456789abcdef");
  expect(Buffer.from(stored, "base64url").toString("latin1")).not.toContain("k8sh_secret");

  const taken = await Promise.all([1, 2, 3].map(() => logins.take("0123456789abcdef")));
  expect(taken.filter((value) => value !== undefined)).toEqual([result]);
  expect(await logins.take("other")).toBeUndefined();
  await kv.close();
});
