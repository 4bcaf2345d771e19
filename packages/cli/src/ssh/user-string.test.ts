import { expect, it } from "vitest";
import { sshUserString } from "./user-string.ts";

it("a workspace is named by its pod", () => {
  expect(sshUserString("ann", { workspace: "ann-3413d31" })).toBe("ann~pod=ann-3413d31");
});

it("a repository is escaped, also its branch", () => {
  expect(sshUserString("ann", { repo: "acme/portal", ref: "feat/a+b" })).toBe(
    "ann~repo=acme%2Fportal+ref=feat%2Fa%2Bb",
  );
});

it("a blueprint stands for itself, and another user of the workspace follows", () => {
  expect(sshUserString("ann", { blueprint: "dev" }, { runAs: "root" })).toBe("ann~dev+user=root");
});

it("wrapped, it has no character that a program could trip over", () => {
  const wrapped = sshUserString("ann", { repo: "acme/portal" }, { base64: true });
  expect(wrapped).toMatch(/^b64-[\w-]+$/);
  expect(Buffer.from(wrapped.slice(4), "base64url").toString()).toBe("ann~repo=acme%2Fportal");
});
