import { IdentityService } from "@k8shell/contract/gen/identity/v1/identity_pb.js";
import { Code, inProcessChannel, RpcError, register } from "@k8shell/rpc";
import { expect, test } from "vitest";
import { createRenewJwt } from "./renew-jwt.ts";

/** An Identity that knows bob, eve whose account has expired, and mallory for whom it fails. */
const renewJwt = (() => {
  const internal = () => {
    throw new RpcError(Code.Internal, "internal error");
  };
  const identity = inProcessChannel([
    register(IdentityService, {
      issueUserToken({ username, source }) {
        if (username === "nobody") throw new RpcError(Code.NotFound, "user not found");
        return username === "bob" ? { userToken: `of bob from ${source}` } : internal();
      },
      findUser: ({ username }) => (username === "mallory" ? { username, isValid: true } : internal()),
      queryUsers: ({ query }) => ({
        users: query?.filters?.conditions[0]?.values.includes("eve") ? [{ username: "eve" }] : [],
      }),
    }),
  ]).client(IdentityService);
  return createRenewJwt({ identity });
})();

test("there is a new token for whoever may sign in, and none for who is gone or expired", async () => {
  expect(await renewJwt("bob", "local")).toBe("of bob from local");
  expect(await renewJwt("nobody", "local")).toBeUndefined();
  expect(await renewJwt("eve", "local")).toBeUndefined();
});

test.each(["mallory", "someone"])("a failure of Identity for %s signs nobody out", async (username) => {
  await expect(renewJwt(username, "local")).rejects.toMatchObject({ code: Code.Internal });
});
