import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { policyFactsHeader } from "@k8shell/contract";
import { AuthzService } from "@k8shell/contract/gen/authz/v1/authz_pb.js";
import { Code, grpcChannel, type Metadata, startGrpcServer } from "@k8shell/rpc";
import { expect, onTestFinished, test } from "vitest";
import { about, codeOf, startAuthz, tokenOf } from "./harness.ts";

const encoded = (facts: unknown) => ({
  metadata: { [policyFactsHeader]: Buffer.from(JSON.stringify(facts)).toString("base64url") },
});
const ofAlice = { id: "w", attributes: { owner: "alice" } };
const download = {
  ...about("workspace:files", { ...ofAlice, context: { op: "download" } }),
  token: tokenOf("alice"),
};
const joining = {
  ...about("workspace:connect", { ...ofAlice, context: { type: "webshell" } }),
  token: tokenOf("alice"),
};

/** The service over a connection, with policies that forbid by facts. */
const start = async () => {
  const { authz, dataDir } = await startAuthz();
  const server = await startGrpcServer({ address: "127.0.0.1:0", services: authz.registrations });
  const channel = grpcChannel({ address: server.address });
  onTestFinished(async () => {
    await channel.close();
    await server.close();
  });
  const client = channel.client(AuthzService);
  const allowed = async (question: typeof download, facts?: unknown) =>
    (await client.evaluate(question, facts === undefined ? {} : encoded(facts))).allowed;
  await writeFile(
    join(dataDir, "policies", "test.cedar"),
    `forbid (principal, action == Action::"workspace:files", resource)
     when { context has path && context.path like "*/.ssh/*" };
     forbid (principal, action == Action::"workspace:connect", resource)
     when { context has terminal_role && context.terminal_role == "writer" };`,
  );
  await expect.poll(() => allowed(download, [{ path: "/home/alice/.ssh/id" }])).toBe(false);
  return { client, allowed };
};

test("facts that come beside a question decide as those in it do, over the wire too", async () => {
  const { client, allowed } = await start();
  expect(await allowed(download, [{ path: "/home/alice/notes" }])).toBe(true);
  let said: Metadata = {};
  await client.evaluate(download, { ...encoded([{ path: "/x" }]), onHeaders: (headers) => (said = headers) });
  expect(said).toMatchObject({ [policyFactsHeader]: "read" });
  expect(await allowed(joining, [{ terminal_role: "writer" }])).toBe(false);
  expect(await allowed(joining, [{ terminal_role: "observer" }])).toBe(true);
  const { responses } = await client.batchEvaluate(
    { requests: [download, joining, download, download], capabilityCheck: true },
    encoded([null, { terminal_role: "writer" }, { path: "/x/.ssh/y" }]),
  );
  expect(responses.map((response) => response.allowed)).toEqual([true, false, false, true]);
});

test("facts override nothing, name nothing that the action has not, and must be readable", async () => {
  const { client, allowed } = await start();
  const asked = { ...download, context: { op: "download", path: "/home/alice/.ssh/id" } };
  expect(await allowed(asked, [{ path: "/home/alice/notes" }])).toBe(false);
  expect(await allowed(download, [{ op: "fly", terminal_role: "writer", token: "x" }])).toBe(true);
  for (const text of ["", "x", "bnVsbA", "e30", Buffer.from('[{"path":7}]').toString("base64url")]) {
    const call = client.evaluate(download, { metadata: { [policyFactsHeader]: text } });
    expect(await codeOf(call)).toBe(Code.InvalidArgument);
  }
});
