// A client in a process of its own, to be killed: attaches a new shell, types what it is told, and waits.
import { SshService } from "@k8shell/contract/gen/k8shelld/v1/k8shelld_pb.js";
import { createPipe, grpcChannel } from "@k8shell/rpc";

const [address = "", tokenFile, sessionId = "", typed = "", waitFor = ""] = process.argv.slice(2);
const ssh = grpcChannel({ address, tokenFile }).client(SshService);
type Input = Parameters<typeof ssh.shell>[0] extends AsyncIterable<infer T> ? T : never;
const requests = createPipe<Input>();
void requests.write({ request: { case: "startRequest", value: { usePty: true, detachOnClose: true } } });
void requests.write({ request: { case: "data", value: Buffer.from(typed) } });
let text = "";
for await (const { response } of ssh.shell(requests, { metadata: { "session-id": sessionId } })) {
  if (response.case === "data") text += Buffer.from(response.value).toString("latin1");
  if (text.includes(waitFor)) process.stdout.write("ready\n");
}
