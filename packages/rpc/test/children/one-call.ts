// Calls, closes its channel and has nothing else to do: `one-call.ts ADDRESS [no-close]`. The process must end by itself.
import { grpcChannel } from "../../src/index.ts";
import { clients, failureOf } from "../fixture.ts";

const channel = grpcChannel({ address: process.argv[2] ?? "" });
console.log((await clients(channel).ssh.getCWD({ shellId: "from the child" })).path);
const nobody = grpcChannel({ address: "127.0.0.1:1" });
const error = await failureOf(clients(nobody).ssh.getCWD({ shellId: "x" }));
console.log(error.status, error.message);
if (process.argv[3] !== "no-close") {
  await channel.close();
  await nobody.close();
}
