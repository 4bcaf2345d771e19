import { createSocket } from "node:dgram";
import { once } from "node:events";
import { expect, test, vi } from "vitest";
import { grpcChannel, startGrpcServer } from "../src/index.ts";
import { clients, fixture } from "./fixture.ts";

// grpc-js asks the system's resolver unless told otherwise when it is loaded; here it asks the test's own DNS server.
vi.hoisted(() => {
  process.env.GRPC_NODE_USE_ALTERNATIVE_RESOLVER = "true";
});

/** A DNS answer with the addresses for an A query, and none for others (RFC 1035). */
const answer = (query: Buffer, addresses: string[]): Buffer => {
  const end = query.indexOf(0, 12) + 5;
  const found = query.readUInt16BE(end - 4) === 1 ? addresses : [];
  const header = [0x81, 0x80, 0, 1, 0, found.length, 0, 0, 0, 0];
  const records = found.flatMap((address) => {
    return [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...address.split(".").map(Number)];
  });
  return Buffer.concat([
    query.subarray(0, 2),
    Buffer.from(header),
    query.subarray(12, end),
    Buffer.from(records),
  ]);
};

/** A DNS server that answers with whatever `addresses` are now. */
const startNames = async (addresses: () => string[]) => {
  const names = createSocket("udp4");
  names.on("message", (query, from) => names.send(answer(query, addresses()), from.port));
  names.bind(0, "127.0.0.1");
  await once(names, "listening");
  return names;
};

test("a dns: address spreads calls evenly over all addresses of the name", async () => {
  const names = await startNames(() => ["127.0.0.1", "127.0.0.2"]);
  const reached: string[] = [];
  const serve = (address: string, name: string) =>
    startGrpcServer({ address, services: fixture().services, authenticate: () => void reached.push(name) });
  const first = await serve("127.0.0.1:0", "first");
  const port = first.address.split(":")[1];
  const second = await serve(`127.0.0.2:${port}`, "second");
  const channel = grpcChannel({ address: `dns://127.0.0.1:${names.address().port}/service.test:${port}` });
  const { ssh } = clients(channel);
  const bothReached = async () => {
    await ssh.getCWD({ shellId: "x" });
    return new Set(reached).size;
  };
  await expect.poll(bothReached).toBe(2);
  reached.length = 0;
  for (let i = 0; i < 10; i += 1) await ssh.getCWD({ shellId: "x" });
  expect(reached.filter((name) => name === "first")).toHaveLength(5);

  await channel.close();
  await first.close();
  await second.close();
  names.close();
});

test("a service that moved to another address is found there", async () => {
  let addresses = ["127.0.0.1"];
  const names = await startNames(() => addresses);
  const { services } = fixture();
  const before = await startGrpcServer({ address: "127.0.0.1:0", services });
  const port = before.address.split(":")[1];
  const channel = grpcChannel({ address: `dns://127.0.0.1:${names.address().port}/service.test:${port}` });
  const { ssh } = clients(channel);
  await ssh.getCWD({ shellId: "x" });

  const after = await startGrpcServer({ address: `127.0.0.2:${port}`, services });
  addresses = ["127.0.0.2"];
  await before.close();
  const works = () =>
    ssh.getCWD({ shellId: "x" }).then(
      () => true,
      () => false,
    );
  await expect.poll(works, { interval: 100 }).toBe(true);

  await channel.close();
  await after.close();
  names.close();
});
