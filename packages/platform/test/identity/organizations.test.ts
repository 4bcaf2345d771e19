import { FilterOp, Operator } from "@k8shell/contract/gen/query/v1/query_pb.js";
import { describe, expect, test } from "vitest";
import { expectStatus, startIdentity } from "./start-identity.ts";

describe("organizations", () => {
  test("there is a read-only default one", async () => {
    const { client } = await startIdentity();
    expect(await client.getOrganization({ name: "default" })).toMatchObject({ readOnly: true, userCount: 0 });
    await expectStatus(
      client.updateOrganization({ name: "default", description: "x" }),
      "FailedPrecondition",
    );
    await expectStatus(client.deleteOrganization({ name: "default" }), "FailedPrecondition");
  });

  test("are made, described, counted, queried and deleted when empty", async () => {
    const { client } = await startIdentity();
    await client.createOrganization({ name: "acme", description: "Acme" });
    await expectStatus(client.createOrganization({ name: "acme" }), "AlreadyExists");
    await expectStatus(client.createOrganization({ name: "a b" }), "InvalidArgument");
    await client.updateOrganization({ name: "acme", description: "Acme Inc" });
    await client.createUser({ username: "alice", organization: "acme", roles: ["org-admin"] });
    await client.createUser({ username: "bob", organization: "acme" });
    expect(await client.getOrganization({ name: "acme" })).toMatchObject({
      description: "Acme Inc",
      adminUsernames: ["alice"],
      userCount: 2,
      readOnly: false,
    });
    const { organizations } = await client.queryOrganizations({
      query: {
        filters: { op: FilterOp.AND, conditions: [{ field: "userCount", op: Operator.GT, values: ["1"] }] },
      },
    });
    expect(organizations.map((org) => org.name)).toEqual(["acme"]);
    expect((await client.listOrganizations({})).organizations.map((org) => org.name)).toEqual([
      "acme",
      "default",
    ]);
    await expectStatus(client.deleteOrganization({ name: "acme" }), "FailedPrecondition");
    await client.deleteUser({ username: "alice" });
    await client.deleteUser({ username: "bob" });
    await client.deleteOrganization({ name: "acme" });
    await expectStatus(client.getOrganization({ name: "acme" }), "NotFound");
  });
});

describe("roles", () => {
  test("the global ones exist and cannot be changed", async () => {
    const { client } = await startIdentity();
    const { roles } = await client.listGlobalRoles({});
    expect(roles.map(({ name, org, blueprints }) => [name, org, blueprints])).toEqual([
      ["admin", "", ["*"]],
      ["developer", "", ["*"]],
      ["org-admin", "", ["*"]],
    ]);
    await expectStatus(
      client.updateRole({ name: "admin", org: "default", description: "x" }),
      "FailedPrecondition",
    );
    await expectStatus(client.deleteRole({ name: "admin", org: "default" }), "FailedPrecondition");
    await expectStatus(client.deleteRole({ name: "admin", org: "" }), "InvalidArgument");
    const more = client.addRoleBlueprints({ name: "admin", org: "default", blueprints: ["x"] });
    await expectStatus(more, "FailedPrecondition");
  });

  test("of an organization grant blueprints to their users at once", async () => {
    const { client } = await startIdentity();
    const role = await client.createRole({ name: "tester", org: "default", description: "Tests" });
    expect(role).toMatchObject({ name: "tester", org: "default", blueprints: [], userCount: 0 });
    await client.createUser({ username: "alice", organization: "default", roles: ["tester"] });
    await client.addRoleBlueprints({ name: "tester", org: "default", blueprints: ["dev", "qa"] });
    expect((await client.findUser({ username: "alice" })).blueprints).toEqual(["dev", "qa"]);
    const less = await client.removeRoleBlueprints({ name: "tester", org: "default", blueprints: ["qa"] });
    expect(less).toMatchObject({ blueprints: ["dev"], userCount: 1 });
    expect((await client.findUser({ username: "alice" })).blueprints).toEqual(["dev"]);
    await expectStatus(client.deleteRole({ name: "tester", org: "default" }), "FailedPrecondition");
    await client.removeUserRoles({ username: "alice", roles: ["tester"] });
    await client.deleteRole({ name: "tester", org: "default" });
    await expectStatus(client.updateRole({ name: "tester", org: "default", description: "x" }), "NotFound");
  });

  test("need an organization, a free name, and none of a global role", async () => {
    const { client } = await startIdentity();
    await expectStatus(client.createRole({ name: "x", org: "" }), "InvalidArgument");
    await expectStatus(client.createRole({ name: "x", org: "nope" }), "NotFound");
    await expectStatus(client.createRole({ name: "admin", org: "default" }), "AlreadyExists");
    await client.createRole({ name: "x", org: "default" });
    await expectStatus(client.createRole({ name: "x", org: "default" }), "AlreadyExists");
    await expectStatus(client.listRoles({ org: "" }), "InvalidArgument");
    expect((await client.listRoles({ org: "default" })).roles.map((role) => role.name)).toEqual(["x"]);
    expect((await client.updateRole({ name: "x", org: "default", description: "X" })).description).toBe("X");
  });
});
