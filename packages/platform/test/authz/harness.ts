import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Log } from "@k8shell/contract";
import { AuthzService, type EvaluateRequestSchema } from "@k8shell/contract/gen/authz/v1/authz_pb.js";
import { IdentityService } from "@k8shell/contract/gen/identity/v1/identity_pb.js";
import { type Client, Code, inProcessChannel, RpcError } from "@k8shell/rpc";
import { onTestFinished } from "vitest";
import { type AuthzOptions, createAuthz, type EmbeddedAuthz } from "../../src/authz/index.ts";
import { testPostgres } from "../postgres/test-database.ts";

export interface TestPerson {
  readonly org: string;
  readonly roles: readonly string[];
  /** The account is not valid any more: FindUser fails. */
  readonly expired?: boolean;
}

/** Two organizations and an administrator of the platform, who is a member of the first. */
export const people: Readonly<Record<string, TestPerson>> = {
  alice: { org: "acme", roles: ["developer"] },
  bob: { org: "acme", roles: ["developer"] },
  boss: { org: "acme", roles: ["org-admin"] },
  root: { org: "acme", roles: ["admin"] },
  zoe: { org: "zeta", roles: ["developer"] },
  zed: { org: "zeta", roles: ["org-admin"] },
};

/**
 * Stands for the Identity service: the users above, without its database. `failing` makes every answer Unavailable.
 */
export const createTestIdentity = () => {
  const state = { failing: false, lookups: 0, people: { ...people } as Record<string, TestPerson> };
  const answer = <T>(value: T): T => {
    state.lookups++;
    if (state.failing) throw new RpcError(Code.Unavailable, "identity is down");
    return value;
  };
  const client = inProcessChannel([
    {
      service: IdentityService,
      implementation: {
        findUser({ username }: { username: string }) {
          const person = answer(state.people[username]);
          if (!person) throw new RpcError(Code.NotFound, "no such user");
          if (person.expired) throw new RpcError(Code.Internal, "user is not valid");
          return {
            username,
            organization: person.org,
            roles: [...person.roles],
            source: "local",
            isValid: true,
          };
        },
        queryUsers: ({ query }: { query?: { filters?: { conditions: Array<{ values: string[] }> } } }) => {
          const [username = ""] = query?.filters?.conditions[0]?.values ?? [];
          const person = answer(state.people[username]);
          return { users: person ? [{ username, organization: person.org, roles: [...person.roles] }] : [] };
        },
        listRoles: ({ org }: { org: string }) =>
          answer({
            roles: [
              { name: "admin", org: "" },
              { name: `${org}-dev`, org },
              { name: `${org}-ops`, org },
            ],
          }),
      },
    },
  ]).client(IdentityService);
  return { state, client };
};

export interface LoggedLine {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly message: string;
  readonly fields: Record<string, unknown>;
}

const recordingLog = () => {
  const lines: LoggedLine[] = [];
  const at = (level: LoggedLine["level"]) => (fields: Record<string, unknown>, message: string) =>
    void lines.push({ level, message, fields });
  const log: Log = { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
  return { lines, log };
};

export interface TestAuthz {
  readonly client: Client<typeof AuthzService>;
  readonly authz: EmbeddedAuthz;
  readonly identity: ReturnType<typeof createTestIdentity>["state"];
  readonly dataDir: string;
  readonly lines: LoggedLine[];
}

/** A temporary directory that goes away with the test. */
export const temporaryDirectory = async (): Promise<string> => {
  const directory = await mkdtemp(join(tmpdir(), "k8shell-authz-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
};

/** The real service with its files and database, over the test's people. Closed with the test. */
export const startAuthz = async (options: Partial<AuthzOptions> = {}): Promise<TestAuthz> => {
  const dataDir = options.dataDir ?? (await temporaryDirectory());
  const { state, client: identityClient } = createTestIdentity();
  const { lines, log } = recordingLog();
  const authz = await createAuthz({
    dataDir,
    postgres: await testPostgres(dataDir),
    identity: identityClient,
    log,
    ...options,
  });
  onTestFinished(() => authz.close());
  const client = inProcessChannel(authz.registrations).client(AuthzService);
  return { client, authz, identity: state, dataDir, lines };
};

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** A token with these claims; Authz does not look at the signature. */
export const tokenWith = (claims: unknown): string => `${encode({ alg: "ES256" })}.${encode(claims)}.c2ln`;

/** A token of one of the test's people, valid for an hour. */
export const tokenOf = (username: string, claims: Record<string, unknown> = {}): string =>
  tokenWith({
    sub: username,
    exp: Math.floor(Date.now() / 1000) + 3600,
    org: people[username]?.org,
    roles: people[username]?.roles,
    source: "local",
    ...claims,
  });

export type Request = Exclude<MessageInitShape<typeof EvaluateRequestSchema>, { $typeName: string }>;

/** A request without a token: `workspace:read`, about resource `id` with `attributes`. */
export const about = (
  action: string,
  { id = "", attributes = {} as Record<string, string>, context = {} as Record<string, string> } = {},
): Request => {
  const prefix = action.slice(0, action.indexOf(":"));
  const packageOf: Record<string, string> = { token: "user", blueprints: "blueprint" };
  const typeOf: Record<string, string> = {
    session: "workspace",
    ssh: "workspace",
    token: "user",
    blueprints: "blueprint",
  };
  return {
    action,
    package: packageOf[prefix] ?? prefix,
    resource: { type: typeOf[prefix] ?? prefix, id, attributes },
    context,
  };
};

/** The code of the RpcError that `promise` rejects with. */
export const codeOf = async (promise: Promise<unknown>): Promise<Code | undefined> => {
  try {
    await promise;
  } catch (error) {
    if (error instanceof RpcError) return error.code;
    throw error;
  }
  return undefined;
};
