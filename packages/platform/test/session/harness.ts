import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLog } from "@k8shell/contract";
import { IdentityService } from "@k8shell/contract/gen/identity/v1/identity_pb.js";
import { SessionService } from "@k8shell/contract/gen/session/v1/session_pb.js";
import { type Client, Code, inProcessChannel, RpcError } from "@k8shell/rpc";
import { onTestFinished } from "vitest";
import { createSession, type EmbeddedSession, type SessionOptions } from "../../src/session/index.ts";
import { testPostgres } from "../postgres/test-database.ts";

export interface TestUser {
  readonly username: string;
  readonly org: string;
  readonly roles: readonly string[];
}

/** Stands for the Identity service: lists these users, at most 100 at a time. */
const testIdentity = (users: TestUser[], state: { failing: boolean }) =>
  inProcessChannel([
    {
      service: IdentityService,
      implementation: {
        getUsers(request: { roles: string[]; org: string; limit: number; offset: number }) {
          if (state.failing) throw new RpcError(Code.Unavailable, "identity is down");
          const { roles, org, limit, offset } = request;
          const found = users.filter(
            (user) =>
              (roles.length === 0 || user.roles.some((role) => roles.includes(role))) &&
              (org === "" || user.org === org),
          );
          const page = found.slice(offset, offset + Math.min(limit || 50, 100));
          return { users: page.map(({ username }) => ({ username })) };
        },
      },
    },
  ]).client(IdentityService);

export interface TestSession {
  readonly client: Client<typeof SessionService>;
  readonly session: EmbeddedSession;
  readonly identity: { failing: boolean };
  readonly clock: { now: number };
  readonly dataDir: string;
}

const start = 1_800_000_000_000;

/** The real service with its database, and a clock that stands still unless it is moved. */
export const startSession = async (
  options: Partial<SessionOptions> & { users?: TestUser[]; startAt?: number } = {},
): Promise<TestSession> => {
  let { dataDir } = options;
  if (dataDir === undefined) {
    const directory = await mkdtemp(join(tmpdir(), "k8shell-session-"));
    onTestFinished(() => rm(directory, { recursive: true, force: true }));
    dataDir = directory;
  }
  const identity = { failing: false };
  const clock = { now: options.startAt ?? start };
  const session = await createSession({
    dataDir,
    postgres: await testPostgres(dataDir),
    identity: testIdentity(options.users ?? [], identity),
    log: silentLog,
    now: () => clock.now,
    retention: options.retention,
  });
  onTestFinished(() => session.close());
  const client = inProcessChannel(session.registrations).client(SessionService);
  return { client, session, identity, clock, dataDir };
};

/** The clock's time in the contract's unit. */
export const seconds = (clock: { now: number }): bigint => BigInt(Math.floor(clock.now / 1000));
