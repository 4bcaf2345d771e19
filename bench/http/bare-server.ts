// Bare node:http that answers every request with one prepared response: `bare-server.ts RESPONSE`, the JSON of its
// headers and body. Prints its address.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const { headers, body } = JSON.parse(process.argv[2] ?? "{}");
const server = createServer((_request, response) => {
  response.writeHead(200, headers);
  response.end(body);
});
server.listen(0, "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
