// Opens a bidirectional stream and waits to be killed: `canceler.ts ADDRESS`.
import { grpcChannel } from "../../src/index.ts";
import { clients, execRequests, input } from "../fixture.ts";

const { ssh } = clients(grpcChannel({ address: process.argv[2] ?? "" }));
const requests = execRequests();
void requests.write(input("hello"));
for await (const _ of ssh.exec(requests)) console.log("answered");
