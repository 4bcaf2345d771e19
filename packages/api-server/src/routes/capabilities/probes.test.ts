import { isScope } from "@k8shell/contract";
import { describe, expect, it } from "vitest";
import { probeRequest, probes } from "./probes.ts";

// rest-contract 2.9, without workspace:provision, which has no blueprint to ask about.
const documented = `
workspace:list workspace:create:standalone workspace:create:inject workspace:read workspace:delete
workspace:connect:webshell workspace:connect:webfiles workspace:connect:portforward
workspace:files:download workspace:files:upload
workspace:app:read workspace:app:install workspace:app:start workspace:app:stop session:list session:start
ssh:shell ssh:exec ssh:sftp ssh:direct-tcpip ssh:direct-streamlocal ssh:agent-forward
user:list user:exists:username user:exists:email user:create user:delete user:auth:web user:auth:ssh
token:create token:read token:write token:delete
user:read:profile user:read:blueprints user:read:roles user:read:keys user:read:repos user:read:envvars
user:write:profile user:write:roles user:write:keys user:write:sudo user:write:locked user:write:org user:write:posix
user:write:password user:write:envvars
user:read:credentials:kubernetes user:read:credentials:git user:read:credentials:registry
user:write:credentials:kubernetes user:write:credentials:git user:write:credentials:registry
role:list role:create role:delete role:update
org:list org:read org:create org:delete org:update org:envvar:read org:envvar:write
onboardrule:list onboardrule:create onboardrule:update onboardrule:delete audit:list blueprints:read
`
  .trim()
  .split(/\s+/);

describe("the probes of a capability report", () => {
  it("are the documented ones", () => {
    expect(probes.map(({ name }) => name).sort()).toEqual([...documented].sort());
  });

  it("ask about any resource of the owner", () => {
    const alice = { username: "alice", owner: "bob", org: "acme", idp: "local" };
    const request = (name: string) => {
      const probe = probes.find((candidate) => candidate.name === name);
      if (!probe) throw new Error(name);
      return probeRequest(probe, alice, "jwt");
    };
    expect(request("workspace:connect:portforward")).toEqual({
      token: "jwt",
      package: "workspace",
      action: "workspace:connect",
      resource: { type: "workspace", id: "*", attributes: { owner: "bob" } },
      context: { type: "portforward", port: "0" },
    });
    expect(request("user:read:credentials:git")).toMatchObject({
      resource: { type: "user", id: "*", attributes: { owner: "bob" } },
      context: { data_type: "credentials", credential_type: "git" },
    });
    expect(request("user:list").resource).toEqual({ type: "user", id: "", attributes: {} });
  });

  it("ask tokens for scopes that exist, where the action has one", () => {
    const without = /^(session:start|ssh:|user:(exists|auth|create|delete)|org:read$|onboardrule:)/;
    for (const { scope } of probes) expect(isScope(scope) || without.test(scope), scope).toBe(true);
  });

  it("about oneself only are listing users and signing in", () => {
    const own = probes.filter(({ selfOnly }) => selfOnly).map(({ name }) => name);
    expect(own).toEqual(["user:list", "user:auth:web", "user:auth:ssh"]);
  });
});
