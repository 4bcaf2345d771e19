import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createSecretBox, readOrCreateSecret } from "./secrets.ts";

const box = createSecretBox(randomBytes(32));

test("a sealed value opens in its own place only", () => {
  const sealed = box.seal("pässword", "credentials:1:secret");
  expect(box.open(sealed, "credentials:1:secret")).toBe("pässword");
  expect(() => box.open(sealed, "credentials:2:secret")).toThrow();
  expect(() => createSecretBox(randomBytes(32)).open(sealed, "credentials:1:secret")).toThrow();
});

test("sealing twice gives different texts", () => {
  expect(box.seal("x", "a")).not.toBe(box.seal("x", "a"));
});

test("a sealed value that was changed, cut or made up does not open", () => {
  const sealed = box.seal("secret", "a");
  const bytes = Buffer.from(sealed.slice(3), "base64url");
  bytes[14] = (bytes[14] ?? 0) ^ 1;
  expect(() => box.open(`v1.${bytes.toString("base64url")}`, "a")).toThrow();
  expect(() => box.open(sealed.slice(0, 20), "a")).toThrow();
  expect(() => box.open("", "a")).toThrow();
  expect(() => box.open(`v2${sealed.slice(2)}`, "a")).toThrow();
});

test("two processes that start at once agree on a new secret file", async () => {
  const directory = await mkdtemp(join(tmpdir(), "k8shell-secret-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  const file = join(directory, "keys", "k");
  const read = await Promise.all(
    Array.from({ length: 8 }, () => readOrCreateSecret(file, () => randomBytes(32))),
  );
  expect(new Set(read.map((bytes) => bytes.toString("hex"))).size).toBe(1);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await readdir(join(directory, "keys"))).toEqual(["k"]);
});
