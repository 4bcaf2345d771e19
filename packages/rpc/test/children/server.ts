// A gRPC server of the test fixture in a process of its own: `server.ts ADDRESS`. Prints the address bound.
import { startGrpcServer } from "../../src/index.ts";
import { fixture } from "../fixture.ts";

const { services, onError } = fixture();
const server = await startGrpcServer({ address: process.argv[2] ?? "127.0.0.1:0", services, onError });
console.log(server.address);
