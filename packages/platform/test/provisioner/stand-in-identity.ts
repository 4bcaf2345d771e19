import { IdentityService } from "@k8shell/contract/gen/identity/v1/identity_pb.js";
import { inProcessChannel, register } from "@k8shell/rpc";
import type { Identity } from "./platform.ts";

const uids: Record<string, number> = { alice: 10_001, bob: 10_002 };

/**
 * Stands for the embedded Identity in programs of their own: it knows everybody and permits every blueprint. The real
 * one needs native libraries, which cannot be bundled.
 */
export const standInIdentity = (): Identity =>
  inProcessChannel([
    register(IdentityService, {
      findUser: ({ username }) => ({
        username,
        organization: "default",
        isValid: true,
        uid: uids[username] ?? 10_000,
        gid: uids[username] ?? 10_000,
        shell: "/bin/sh",
        blueprints: ["*"],
      }),
      createAccessToken: () => ({ id: 1n, token: "k8sh_stand-in" }),
      listAccessTokens: () => ({ tokens: [] }),
    }),
  ]).client(IdentityService);
