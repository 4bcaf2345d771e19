import { IdentityService } from "@k8shell/contract/gen/identity/v1/identity_pb.js";
import { expect, onTestFinished, test } from "vitest";
import {
  Code,
  grpcChannel,
  inProcessChannel,
  observeChannel,
  RpcError,
  register,
  responseOf,
  startGrpcServer,
} from "../src/index.ts";

test("observers see how calls end, and what they send along reaches the service over gRPC", async () => {
  const received: Readonly<Record<string, string>>[] = [];
  const server = await startGrpcServer({
    address: "127.0.0.1:0",
    services: [
      register(IdentityService, {
        findUser({ username }, { metadata }) {
          received.push(metadata);
          if (username === "nobody") throw new RpcError(Code.NotFound, "no such user");
          return { username };
        },
      }),
    ],
  });
  const channel = grpcChannel({ address: server.address });
  onTestFinished(async () => {
    await channel.close();
    await server.close();
  });
  const seen: unknown[] = [];
  const { client } = observeChannel(channel, [
    {
      begin: (path, streaming) => ({
        metadata: { traceparent: "00-1", "x-request-id": "ours" },
        end: (code) => void seen.push([path, streaming, code]),
      }),
    },
  ]);
  const identity = client(IdentityService);
  expect((await identity.findUser({ username: "alice" })).username).toBe("alice");
  await expect(
    identity.findUser({ username: "nobody" }, { metadata: { "x-request-id": "the caller's" } }),
  ).rejects.toMatchObject({ code: Code.NotFound });
  const path = "/identity.v1.IdentityService/FindUser";
  expect(seen).toEqual([
    [path, false, Code.Ok],
    [path, false, Code.NotFound],
  ]);
  expect(received).toMatchObject([
    { traceparent: "00-1", "x-request-id": "ours" },
    { traceparent: "00-1", "x-request-id": "the caller's" },
  ]);
  expect(client(IdentityService)).toBe(identity);
});

test("a call in this process that is answered from memory has its response at once, and observers are told", async () => {
  const channel = inProcessChannel([
    register(IdentityService, {
      findUser({ username }) {
        if (username === "nobody") throw new RpcError(Code.NotFound, "no such user");
        return { username };
      },
      async issueUserToken({ username }) {
        return { userToken: `token of ${username}` };
      },
    }),
  ]);
  const ended: Code[] = [];
  const identity = observeChannel(channel, [
    { begin: () => ({ end: (code) => void ended.push(code) }) },
  ]).client(IdentityService);
  const found = identity.findUser({ username: "alice" });
  expect(responseOf(found)?.username).toBe("alice");
  expect(ended).toEqual([Code.Ok]);
  expect((await found).username).toBe("alice");
  const refused = identity.findUser({ username: "nobody" });
  expect(responseOf(refused)).toBeUndefined();
  await expect(refused).rejects.toMatchObject({ code: Code.NotFound });
  const later = identity.issueUserToken({ username: "alice" });
  expect(responseOf(later)).toBeUndefined();
  expect((await later).userToken).toBe("token of alice");
  expect(ended).toEqual([Code.Ok, Code.NotFound, Code.Ok]);
});
