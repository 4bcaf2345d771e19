import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createClient } from "@k8shell/sdk";
import { Client as McpClient } from "@modelcontextprotocol/sdk/client/index.js";
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import { CallToolResultSchema } from "@modelcontextprotocol/sdk/types.js";
import { expect, onTestFinished, test } from "vitest";
import { createMcpServer } from "../src/server.ts";

test("a workspace that takes longer to start than it is waited for is named, with what to do", async () => {
  // Stands for a server whose workspace never runs.
  const server = createServer((request, response) => {
    if (request.method === "POST") {
      response.writeHead(202, { "content-type": "application/json" });
      response.end(
        JSON.stringify({ workspace: "ann-3413d31", jobId: "j-1", monitorUrl: "/api/v1/jobs/j-1" }),
      );
    } else {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(": waiting\n\n");
    }
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  const [here, there] = InMemoryTransport.createLinkedPair();
  await createMcpServer({
    client: createClient({ server: `http://127.0.0.1:${port}` }),
    version: "1",
  }).connect(there);
  const agent = new McpClient({ name: "test", version: "1" });
  await agent.connect(here);
  onTestFinished(async () => {
    await agent.close();
    server.closeAllConnections();
    server.close();
  });

  const result = CallToolResultSchema.parse(
    await agent.callTool({
      name: "start_workspace",
      arguments: { workspace: "ann-3413d31", timeoutSeconds: 1 },
    }),
  );
  expect(result.isError).toBe(true);
  expect(result.structuredContent).toMatchObject({
    workspace: "ann-3413d31",
    status: "Starting",
    message: expect.stringContaining("wait_for_workspace"),
  });
});
