import { create } from "@bufbuild/protobuf";
import { UserSchema } from "@k8shell/contract/gen/common/v1/common_pb.js";
import { PasswordLockoutStatusSchema } from "@k8shell/contract/gen/identity/v1/types_pb.js";
import { Code, RpcError } from "@k8shell/rpc";
import { expect, test } from "vitest";
import type { Backends } from "../backends/backends.ts";
import { lockoutsOf } from "./password-lockouts.ts";

const users = Array.from({ length: 100 }, (_, n) => create(UserSchema, { username: `user-${n}` }));

/** An Identity that answers for every user but one, and what it was asked. */
const identityFailingFor = (failing: string, code: Code) => {
  const asked: string[] = [];
  const getPasswordLockoutStatus = async ({ username = "" }) => {
    asked.push(username);
    if (username === failing) throw new RpcError(code, "no");
    return create(PasswordLockoutStatusSchema, { locked: username === "user-1" });
  };
  return { asked, backends: { identity: { getPasswordLockoutStatus } as unknown as Backends["identity"] } };
};

test("a user who has gone since is left out, and the others are told of", async () => {
  const { backends } = identityFailingFor("user-0", Code.NotFound);
  const lockouts = await lockoutsOf(backends, users);
  expect(lockouts.size).toBe(99);
  expect(lockouts.get("user-1")?.locked).toBe(true);
  expect(lockouts.has("user-0")).toBe(false);
});

test.each([Code.Unimplemented, Code.Unavailable, Code.Internal, Code.DeadlineExceeded])(
  "an Identity that fails with code %i is not asked of everybody",
  async (code) => {
    const { asked, backends } = identityFailingFor("user-0", code);
    expect((await lockoutsOf(backends, users)).has("user-0")).toBe(false);
    expect(asked.length).toBeLessThan(50);
  },
);
