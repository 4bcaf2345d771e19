import { IdentityService } from "@k8shell/contract/gen/identity/v1/identity_pb.js";
import { grpcChannel, startGrpcServer } from "@k8shell/rpc";
import { expect, onTestFinished, test } from "vitest";
import { expectStatus, startIdentity } from "./start-identity.ts";

const overGrpc = async () => {
  const { identity } = await startIdentity();
  const server = await startGrpcServer({ address: "127.0.0.1:0", services: identity.registrations });
  const channel = grpcChannel({ address: server.address });
  onTestFinished(async () => {
    await channel.close();
    await server.close();
  });
  return channel.client(IdentityService);
};

test("every rpc of the service is there", async () => {
  const { identity } = await startIdentity();
  const [registration] = identity.registrations;
  const missing = IdentityService.methods.filter(
    (method) => typeof Reflect.get(registration?.implementation ?? {}, method.localName) !== "function",
  );
  expect(missing).toEqual([]);
  expect(IdentityService.methods).toHaveLength(72);
});

test("the service answers the same over gRPC: messages, wrappers, oneofs and statuses", async () => {
  const client = await overGrpc();
  await client.createUser({ username: "alice", organization: "default", sudo: true, fullname: "A" });
  const updated = await client.updateUser({ username: "alice", sudo: false, fullname: "" });
  expect(updated).toMatchObject({ username: "alice", sudo: false, fullname: "", uid: 10_000 });
  const made = await client.createAccessToken({ username: "alice", name: "x", scopes: ["*"], active: false });
  await expectStatus(client.resolveAccessToken({ token: made.token }), "Unauthenticated");
  await client.updateAccessToken({ id: made.id, username: "alice", active: true });
  const { user, userToken } = await client.resolveAccessToken({
    token: made.token,
    expiry: { seconds: 60n },
  });
  expect(user?.username).toBe("alice");
  expect(userToken.split(".")).toHaveLength(3);
  await expectStatus(client.findUser({ username: "bob" }), "NotFound");
  expect((await client.getUsersQuerySchema({})).fields).toHaveLength(10);
  await client.addUserEnvVar({ username: "alice", key: "K", value: "v", isSecret: true });
  expect((await client.listUserEnvVars({ username: "alice" })).envVars).toMatchObject([
    { redacted: true, value: "" },
  ]);
});
