import { policyFactsHeader } from "@k8shell/contract";
import { AuthzService } from "@k8shell/contract/gen/authz/v1/authz_pb.js";
import { inProcessChannel, register } from "@k8shell/rpc";
import { expect, test } from "vitest";
import { createAuthorize, createStillAllowed } from "./authorize.ts";

const ann = { username: "ann", org: "default", roles: [], jwt: "j", credential: { kind: "jwt" } } as const;

test("a decision is asked for under the id of the request, so that its audit record can be found", async () => {
  const seen: Array<string | undefined> = [];
  const authz = inProcessChannel([
    register(AuthzService, {
      async evaluate(_question, { metadata }) {
        seen.push(metadata["x-request-id"]);
        return { allowed: true, obligations: { org: "default" } };
      },
    }),
  ]).client(AuthzService);
  const action = { package: "org", action: "org:list", scope: "org:list" } as const;
  const obligations = await createAuthorize(authz)(ann, action, { type: "org", id: "" }, "request-7");
  expect(seen).toEqual(["request-7"]);
  expect(obligations).toEqual({ org: "default" });
});

test("a decision that the policy service has ready needs no promise, whichever it is", () => {
  const authz = inProcessChannel([
    register(AuthzService, { evaluate: ({ action }) => ({ allowed: action === "org:list" }) }),
  ]).client(AuthzService);
  const scopes = ["org:read"];
  const credential = { kind: "pat", scopes, preview: "k8sh_", hash: "h" } as const;
  const principal = { ...ann, credential };
  const ask = (action: string, scope: string) => () =>
    createAuthorize(authz)(
      principal,
      { package: "org", action, scope },
      { type: "org", id: "" },
      "request-8",
    );
  expect(ask("org:list", "org:read")()).toEqual({});
  expect(ask("org:list", "org:list")).toThrow(expect.objectContaining({ code: "insufficient_scope" }));
  expect(ask("org:read", "org:read")).toThrow(expect.objectContaining({ code: "forbidden" }));
});

test.each([
  ["says that it reads them", true],
  ["says nothing", false],
])("a policy service that gets facts and %s is known for it from its first answer", async (_what, reads) => {
  const authz = inProcessChannel([
    register(AuthzService, {
      async evaluate({ action }, { metadata, sendHeaders }) {
        if (reads && metadata[policyFactsHeader] !== undefined) sendHeaders({ [policyFactsHeader]: "read" });
        return { allowed: action === "workspace:files" };
      },
    }),
  ]).client(AuthzService);
  const authorize = createAuthorize(authz);
  const resource = { type: "workspace", id: "ann-1", attributes: { owner: "ann" } } as const;
  const files = { package: "workspace", action: "workspace:files", scope: "workspace:files" } as const;
  expect(authorize.ignoresFacts?.()).toBe(false);
  await authorize(ann, { ...files, context: { op: "upload", path: "~/a" } }, resource, "r");
  expect(authorize.ignoresFacts?.()).toBe(!reads);
  // What goes without facts says nothing about it.
  await authorize(ann, files, resource, "r");
  expect(authorize.ignoresFacts?.()).toBe(!reads);
});

test("what only our own policies know goes beside the question: another Authz documents nothing but op, type and port", async () => {
  const seen: Array<readonly [context: unknown, facts: unknown]> = [];
  const factsOf = (text: string | undefined): unknown =>
    text && JSON.parse(Buffer.from(text, "base64url").toString());
  const authz = inProcessChannel([
    register(AuthzService, {
      async evaluate({ context }, { metadata }) {
        seen.push([context, factsOf(metadata[policyFactsHeader])]);
        return { allowed: true };
      },
      async batchEvaluate({ requests }, { metadata }) {
        seen.push([requests.map(({ context }) => context), factsOf(metadata[policyFactsHeader])]);
        return { responses: requests.map(() => ({ allowed: true })) };
      },
    }),
  ]).client(AuthzService);
  const resource = { type: "workspace", id: "ann-1", attributes: { owner: "ann" } } as const;
  const read = { package: "workspace", action: "workspace:read", scope: "workspace:read" } as const;
  const files = {
    package: "workspace",
    action: "workspace:files",
    scope: "workspace:files",
    context: { op: "upload", operation: "move", path: "~/a", destination: "~/ü" },
  } as const;
  const port = {
    package: "workspace",
    action: "workspace:connect",
    scope: "workspace:connect:portforward",
    context: { type: "portforward", port: "80", share: "public" },
  } as const;
  for (const action of [read, files, port]) await createAuthorize(authz)(ann, action, resource, "r");
  await createStillAllowed(authz)(
    ann,
    [read, port].map((action) => ({ action, resource })),
  );
  const moved = { operation: "move", path: "~/a", destination: "~/ü" };
  expect(seen).toEqual([
    [{}, undefined],
    [{ op: "upload" }, [moved]],
    [{ type: "portforward", port: "80" }, [{ share: "public" }]],
    [
      [{}, { type: "portforward", port: "80" }],
      [null, { share: "public" }],
    ],
  ]);
});
