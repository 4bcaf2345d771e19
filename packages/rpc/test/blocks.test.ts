import { expect, onTestFinished, test } from "vitest";
import { grpcChannel, type RpcError, startGrpcServer } from "../src/index.ts";

test("what a client sent before it knew that its call had been refused reaches nobody", async () => {
  const path = "/test.Blocks/Refuse";
  const tags = { requestTag: 0x12, responseTag: 0x0a };
  const seen: string[] = [];
  const server = await startGrpcServer({
    address: "127.0.0.1:0",
    services: [],
    blocks: [
      {
        path,
        ...tags,
        serve: (call) => ({
          onMessage() {
            seen.push("message");
            call.finish(new Error("refused"));
          },
          onBlock: () => void seen.push("block"),
          onDrain() {},
          onEnd() {},
          onGone() {},
        }),
      },
    ],
  });
  const channel = grpcChannel({ address: server.address });
  onTestFinished(async () => {
    await channel.close();
    await server.close();
  });
  const ended = Promise.withResolvers<RpcError | undefined>();
  const call = channel.blocks.open(
    { path, metadata: {}, first: Buffer.of(), ...tags },
    { onBlock() {}, onDrain() {}, onEnd: ended.resolve },
  );
  call.write(Buffer.from("data"));
  call.send(Buffer.of());
  expect(await ended.promise).toMatchObject({ status: "Internal" });
  expect(seen).toEqual(["message"]);
});
