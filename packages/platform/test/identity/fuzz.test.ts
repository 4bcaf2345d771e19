import { Code, RpcError } from "@k8shell/rpc";
import fc from "fast-check";
import { expect, test } from "vitest";
import { startIdentity } from "./start-identity.ts";

/** Lets an expected refusal pass; a crash or an Internal does not. */
const refusedWell = async (work: Promise<unknown>): Promise<void> => {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    expect([Code.Internal, Code.Unknown]).not.toContain(error.code);
  }
};

const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 64 }),
  fc.constantFrom("", "\0", "..", "alice", "%", "'; drop table users; --", "__proto__", "a".repeat(9000)),
);
const state = fc.oneof(
  text,
  text.map((value) => Buffer.from(value).toString("base64url")),
  fc.json().map((value) => Buffer.from(value).toString("base64url")),
  text.map((s) =>
    Buffer.from(JSON.stringify({ s: Buffer.from(`${s}:x`).toString("base64url") })).toString("base64url"),
  ),
);

test("whatever names, tokens and states callers send, nothing breaks", async () => {
  const { client } = await startIdentity();
  await client.createUser({ username: "alice", organization: "default" });
  await fc.assert(
    fc.asyncProperty(text, text, state, async (a, b, flow) => {
      await refusedWell(client.findUser({ username: a, email: b }));
      await refusedWell(client.createUser({ username: a, organization: b, email: b }));
      await refusedWell(client.resolveAccessToken({ token: a }));
      await refusedWell(client.completeUserWebFlow({ state: flow, code: b }));
      await refusedWell(
        client.onboardUserWebFlow({ provider: "idp.k8shell.io/local", redirectUri: a, cliState: b }),
      );
      await refusedWell(client.addUserAuthKeys({ username: "alice", authKeys: [a] }));
      await refusedWell(client.addUserEnvVar({ username: "alice", key: a, value: b }));
      await refusedWell(client.getBlueprintByUserStr({ userstr: a }));
      await refusedWell(
        client.createAccessToken({
          username: "alice",
          name: a,
          scopes: [b, "*"],
          expiresAt: { seconds: 1n << 62n },
        }),
      );
      await refusedWell(
        client.queryUsers({
          query: { sort: [{ field: a }], filters: { conditions: [{ field: a, op: 1, values: [b] }] } },
        }),
      );
    }),
    { numRuns: 150 },
  );
});

test("whatever a browser sends to the sign-in pages, they answer", async () => {
  const { identity } = await startIdentity();
  const origin = "http://k8shell.test:9101";
  const header = text.map((value) => value.replace(/[^\x20-\x7e]/g, "?"));
  await fc.assert(
    fc.asyncProperty(state, header, text, async (flow, cookie, body) => {
      const query = new URLSearchParams({ state: flow, token: flow });
      const requests = [
        new Request(`${origin}/signin?${query}`, { headers: { cookie } }),
        new Request(`${origin}/signin/once?${query}`, { headers: { cookie: `k8shell-once=${cookie}` } }),
        new Request(`${origin}/signin`, {
          method: "POST",
          body,
          headers: {
            cookie: `k8shell-signin=${"a".repeat(43)}`,
            "content-type": "application/x-www-form-urlencoded",
          },
        }),
        new Request(`${origin}/signin/${encodeURIComponent(flow.toWellFormed())}`),
      ];
      for (const request of requests) {
        const { status } = await identity.signIn(request);
        expect([400, 404, 410]).toContain(status);
      }
    }),
    { numRuns: 150 },
  );
});
