import { Code } from "@k8shell/rpc";
import { expect, test } from "vitest";
import { about, codeOf, startAuthz, tokenOf } from "./harness.ts";

const workspaceOf = (owner: string) => about("workspace:read", { id: "w", attributes: { owner } });

test("answers come in the order of the questions", async () => {
  const { client } = await startAuthz();
  const owners = ["alice", "zoe", "bob", "alice", "root"];
  const requests = owners.map((owner) => ({ ...workspaceOf(owner), token: tokenOf("alice") }));
  const { responses } = await client.batchEvaluate({ requests });
  expect(responses.map(({ allowed }) => allowed)).toEqual([true, false, false, true, false]);
});

test("a batch may come from several callers", async () => {
  const { client } = await startAuthz();
  const requests = ["alice", "zoe", "root"].map((name) => ({
    ...workspaceOf("alice"),
    token: tokenOf(name),
  }));
  const { responses } = await client.batchEvaluate({ requests });
  expect(responses.map(({ allowed }) => allowed)).toEqual([true, false, true]);
});

test("probes ask about the caller's own things, and leave no trace in the audit log", async () => {
  const { client } = await startAuthz();
  const probes = [
    about("workspace:read", { id: "*" }),
    about("workspace:connect", { id: "*", context: { type: "portforward", port: "0" } }),
    about("user:read", { id: "*", context: { data_type: "profile" } }),
    about("user:write", { id: "*", context: { data_type: "sudo" } }),
    about("user:auth", { id: "*", context: { surface: "web" } }),
    about("token:create", { id: "*", context: { source: "api" } }),
    about("user:create", { id: "*" }),
    about("role:create", { id: "*" }),
    about("workspace:list"),
    about("session:list", { id: "*" }),
    about("org:read", { id: "*" }),
    about("org:update", { id: "*" }),
  ];
  const ask = async (username: string) => {
    const requests = probes.map((probe) => ({ ...probe, token: tokenOf(username) }));
    const { responses } = await client.batchEvaluate({ requests, capabilityCheck: true });
    return responses.map(({ allowed }) => (allowed ? "+" : "-")).join("");
  };
  expect(await ask("alice")).toBe("+++-++--+++-");
  expect(await ask("boss")).toBe("+++-++++++++");
  expect((await client.queryAudit({})).records).toEqual([]);
});

test("probes can ask about somebody else's things", async () => {
  const { client } = await startAuthz();
  const attributes = { owner: "alice" };
  const probes = [
    about("workspace:delete", { id: "*", attributes }),
    about("user:write", { id: "*", attributes, context: { data_type: "keys" } }),
  ];
  const ask = async (username: string) => {
    const requests = probes.map((probe) => ({ ...probe, token: tokenOf(username) }));
    return (await client.batchEvaluate({ requests, capabilityCheck: true })).responses.map((r) => r.allowed);
  };
  expect(await ask("boss")).toEqual([true, true]);
  expect(await ask("bob")).toEqual([false, false]);
});

test("the id * has no special meaning outside of probes", async () => {
  const { client } = await startAuthz();
  const request = about("user:read", { id: "*", context: { data_type: "profile" } });
  expect((await client.evaluate({ ...request, token: tokenOf("alice") })).allowed).toBe(false);
});

test("one question that breaks the contract fails the batch", async () => {
  const { client } = await startAuthz();
  const token = tokenOf("alice");
  const requests = [
    { ...about("workspace:list"), token },
    { ...about("workspace:fly"), token },
  ];
  expect(await codeOf(client.batchEvaluate({ requests }))).toBe(Code.InvalidArgument);
});

test("a batch has a limit", async () => {
  const { client } = await startAuthz();
  const requests = Array.from({ length: 1001 }, () => ({
    ...about("workspace:list"),
    token: tokenOf("alice"),
  }));
  expect(await codeOf(client.batchEvaluate({ requests }))).toBe(Code.InvalidArgument);
});
