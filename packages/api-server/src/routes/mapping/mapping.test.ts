import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  accessToken,
  appStatus,
  sshSession,
  systemInfo,
  userAuthKey,
  userCredential,
  userProfile,
  user as userSchema,
  workspaceDetails,
} from "@k8shell/contract";
import {
  UserCredentialSchema,
  UserSchema,
  WorkspaceDetailsSchema,
} from "@k8shell/contract/gen/common/v1/common_pb.js";
import {
  AccessTokenInfoSchema,
  PasswordLockoutStatusSchema,
  UserAuthKeySchema,
} from "@k8shell/contract/gen/identity/v1/types_pb.js";
import { AppStatusSchema, SystemInfoResponseSchema } from "@k8shell/contract/gen/k8shelld/v1/k8shelld_pb.js";
import { SessionSchema } from "@k8shell/contract/gen/session/v1/session_pb.js";
import { describe, expect, it } from "vitest";
import { accessTokenJson, credentialJson, credentialWithSecretJson } from "./credential.ts";
import { appJson, systemInfoJson } from "./daemon.ts";
import { oldestFirst, sessionJson } from "./session.ts";
import { authKeyJson, profileJson, userJson } from "./user.ts";
import { workspaceJson } from "./workspace.ts";

const at = timestampFromDate(new Date("2026-08-23T10:11:12.345Z"));

describe("a workspace", () => {
  it("is flat, with the names of the contract and empty optional fields left out", () => {
    const json = workspaceJson(
      create(WorkspaceDetailsSchema, {
        workspaceStatus: { created: at, status: "Running", message: "ok", restarts: 2 },
        name: "alice-59936c3",
        username: "alice",
        blueprint: "dev",
        podIp: "10.0.0.1",
        port: 2822,
        replicaIndex: 0,
      }),
    );
    expect(workspaceDetails.parse(json)).toEqual(json);
    expect(json).toMatchObject({
      created: "2026-08-23T10:11:12.345Z",
      status: "Running",
      restarts: 2,
      podIP: "10.0.0.1",
      workspaceType: "standalone",
      replicaIndex: 0,
    });
    for (const key of ["repoOwner", "hostname", "jobId", "lastFailMessage", "replicaCount", "workloadKind"]) {
      expect(JSON.parse(JSON.stringify(json))).not.toHaveProperty(key);
    }
  });

  it("without a status, or with one nobody knows, is Unknown", () => {
    expect(workspaceJson(create(WorkspaceDetailsSchema, {}))).toMatchObject({
      status: "Unknown",
      created: null,
    });
    const odd = create(WorkspaceDetailsSchema, { workspaceStatus: { status: "Dancing" } });
    expect(workspaceJson(odd).status).toBe("Unknown");
  });
});

describe("a user", () => {
  const user = create(UserSchema, {
    username: "alice",
    organization: "default",
    isValid: true,
    password: "$argon2id$secret",
    locked: true,
    roles: ["dev"],
    manageRepos: "https://git",
  });

  it("has both spellings in a profile", () => {
    const json = profileJson(
      user,
      create(PasswordLockoutStatusSchema, { locked: true, lockedUntil: 1_700_000_000n }),
    );
    expect(userProfile.parse(json)).toEqual(json);
    expect(json).toMatchObject({
      is_valid: true,
      isValid: true,
      account_locked: true,
      locked: true,
      manage_repos: "https://git",
      manageRepos: "https://git",
      password_locked: true,
      password_locked_until: "2023-11-14T22:13:20.000Z",
    });
  });

  it("never shows what Identity keeps as the password", () => {
    expect(JSON.stringify([profileJson(user), userJson(user)])).not.toContain("secret");
    expect(userSchema.parse(userJson(user))).toEqual(userJson(user));
  });

  it("shows no lockout that is not known", () => {
    expect(profileJson(user)).not.toHaveProperty("password_locked");
  });

  it("has keys with their place in the list", () => {
    const json = authKeyJson(create(UserAuthKeySchema, { key: "ssh-ed25519 AAAA", source: "local" }), 3);
    expect(userAuthKey.parse(json)).toEqual({ index: 3, key: "ssh-ed25519 AAAA", source: "local" });
  });
});

describe("a credential", () => {
  const credential = create(UserCredentialSchema, {
    id: 7,
    username: "alice",
    serviceName: "git",
    serviceScope: "https://github.com",
    secret: "hush",
    isActive: true,
    createdAt: at,
  });

  it("shows its secret only where that is asked for", () => {
    expect(credentialJson(credential)).not.toHaveProperty("secret");
    const json = credentialWithSecretJson(credential);
    expect(userCredential.parse(json)).toEqual(json);
    expect(json).toMatchObject({ secret: "hush", expiresAt: null, createdAt: "2026-08-23T10:11:12.345Z" });
  });
});

describe("an access token", () => {
  it("has a number for an id and null for times that are not", () => {
    const json = accessTokenJson(
      create(AccessTokenInfoSchema, { id: 12n, username: "alice", name: "ci", scopes: ["*"], createdAt: at }),
    );
    expect(accessToken.parse(json)).toEqual(json);
    expect(json).toMatchObject({ id: 12, expiresAt: null, lastUsedAt: null });
  });

  it("takes Go's zero time for no time", () => {
    const zero = { seconds: -62_135_596_800n, nanos: 0 };
    expect(accessTokenJson(create(AccessTokenInfoSchema, { expiresAt: zero })).expiresAt).toBeNull();
  });
});

describe("a session", () => {
  it("has its operations under both names, counts as numbers and null while it is active", () => {
    const json = sessionJson(
      create(SessionSchema, {
        sessionId: "ws-1",
        startTime: 1_700_000_000n,
        bytesOut: 5_000_000_000n,
        operations: ["sh"],
      }),
    );
    expect(sshSession.parse(json)).toEqual(json);
    expect(json).toMatchObject({
      startTime: "2023-11-14T22:13:20.000Z",
      endTime: null,
      bytesOut: 5_000_000_000,
      operations: ["sh"],
      channels: ["sh"],
    });
  });

  it("comes after older ones", () => {
    const session = (sessionId: string, startTime: bigint) => create(SessionSchema, { sessionId, startTime });
    const sorted = [session("c", 3n), session("b", 1n), session("a", 1n)].sort(oldestFirst);
    expect(sorted.map(({ sessionId }) => sessionId)).toEqual(["a", "b", "c"]);
  });
});

describe("what the daemon reports", () => {
  it("keeps documented app states and shows a dash for others", () => {
    const app = (status: string) => appJson(create(AppStatusSchema, { name: "web", status }));
    expect(appStatus.parse(app("NOT-INSTALLED"))).toEqual(app("NOT-INSTALLED"));
    expect(app("NOT-INSTALLED").status).toBe("NOT-INSTALLED");
    expect(app("running").status).toBe("-");
    expect(app("").status).toBe("-");
  });

  it("has lower-case min in the averages and numbers for 64-bit sizes", () => {
    const json = systemInfoJson(
      create(SystemInfoResponseSchema, {
        time: "2026-08-23T10:11:12Z",
        system: { cpuAvg1Min: 1.5, cpuAvg15Min: Number.NaN, users: 2 },
        mounts: [{ mountPoint: "/home", totalBytes: 10_000_000_000n }],
      }),
    );
    expect(systemInfo.parse(json)).toEqual(json);
    expect(json.system).toMatchObject({ cpuAvg1min: 1.5, cpuAvg15min: 0, users: 2 });
    expect(json.mounts[0]).toMatchObject({ totalBytes: 10_000_000_000, readOnly: false });
    expect(json).not.toHaveProperty("docker");
    expect(json).not.toHaveProperty("repository");
  });

  it.each([
    2n ** 64n - 1n,
    2n ** 64n - 1024n,
    2n ** 63n - 1n,
    2n ** 53n + 3n,
    4_611_686_018_427_387_904n,
    7n,
    0n,
  ])(
    "%d inodes are a number that a 64-bit integer holds, as some file systems have no limit",
    (freeInodes) => {
      const { mounts } = systemInfoJson(create(SystemInfoResponseSchema, { mounts: [{ freeInodes }] }));
      const text = JSON.stringify(mounts[0]?.freeInodes);
      expect(text).toMatch(/^\d+$/);
      const limit = freeInodes < 2n ** 63n ? 2n ** 63n : 2n ** 64n;
      expect(BigInt(text)).toBeLessThan(limit);
      expect(Number(text) / Math.max(1, Number(freeInodes))).toBeCloseTo(freeInodes === 0n ? 0 : 1, 12);
    },
  );
});
