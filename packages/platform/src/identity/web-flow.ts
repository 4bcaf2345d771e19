import { randomBytes, timingSafeEqual } from "node:crypto";
import type { Log } from "@k8shell/contract";
import type { User } from "@k8shell/contract/gen/common/v1/common_pb.js";
import type { IdentityService } from "@k8shell/contract/gen/identity/v1/identity_pb.js";
import { Code, RpcError, type ServiceImpl } from "@k8shell/rpc";
import type { Selectable } from "kysely";
import type { Directory } from "./directory.ts";
import type { UserTokens } from "./jwt.ts";
import type { Onboarding } from "./onboarding.ts";
import { localProviderName, ProviderError } from "./providers/provider.ts";
import type { Providers } from "./providers/providers.ts";
import type { IdentitySchema } from "./schema.ts";
import { randomSecret, type SecretBox, sha256 } from "./secrets.ts";
import type { SignInMethod, SignInPolicy } from "./sign-in-policy.ts";
import type { IdentityDatabase } from "./store.ts";
import type { AccessTokens } from "./tokens.ts";
import { encodeState, providerOfState } from "./web-flow-state.ts";

/** Seconds from the beginning of a sign-in to its end. */
const lifetimeSeconds = 600;
const maxPending = 10_000;

/** A sign-in that waits on the local provider's page. */
export interface PendingSignIn {
  readonly redirectUri: string;
  /** A command line or a PAT hangs on it: the person should know, and it must not happen without asking. */
  readonly forCommandLine: boolean;
}

export interface WebFlows {
  readonly rpcs: Pick<ServiceImpl<typeof IdentityService>, "onboardUserWebFlow" | "completeUserWebFlow">;
  /** The pending local sign-in of a state, or undefined when it was never begun, is over or has expired. */
  pending(state: string): Promise<PendingSignIn | undefined>;
  /**
   * Records who signed in. Returns the address to send the browser to (redirect URI with code and state), or
   * undefined when the sign-in is no longer pending.
   */
  approve(state: string, username: string, method: SignInMethod): Promise<string | undefined>;
}

interface WebFlowsDeps {
  db: IdentityDatabase;
  box: SecretBox;
  directory: Directory;
  providers: Providers;
  onboarding: Onboarding;
  userTokens: UserTokens;
  accessTokens: AccessTokens;
  policy: SignInPolicy;
  publicUrl: () => string;
  log: Log;
  now: () => number;
}

type Flow = Selectable<IdentitySchema["web_flows"]>;

const invalidState = () =>
  new RpcError(Code.InvalidArgument, "the state is unknown, was used or has expired");

const checkRedirect = (text: string): string => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || (url.protocol !== "https:" && url.protocol !== "http:") || url.username || url.password)
    throw new RpcError(Code.InvalidArgument, "redirect_uri must be an absolute http or https URL");
  return text;
};

const equal = (left: string, right: string): boolean =>
  left.length === right.length && timingSafeEqual(Buffer.from(left), Buffer.from(right));

/** Browser sign-in (grpc-behaviour section 6 "Login flows"): a state is good once and for ten minutes. */
export const createWebFlows = (deps: WebFlowsDeps): WebFlows => {
  const { db, box, directory, providers, onboarding, userTokens, accessTokens, policy, log, now } = deps;
  const context = (stateHash: string) => `web_flows:${stateHash}:secret`;

  const live = async (stateHash: string): Promise<Flow | undefined> => {
    const flow = await db
      .selectFrom("web_flows")
      .selectAll()
      .where("state_hash", "=", stateHash)
      .executeTakeFirst();
    return flow && flow.expires_at > now() ? flow : undefined;
  };

  /** Anybody can begin a sign-in, so the oldest give way when there are too many, instead of new ones being refused. */
  const makeRoom = async (): Promise<void> => {
    await db.deleteFrom("web_flows").where("expires_at", "<=", now()).execute();
    const oldestKept = await db
      .selectFrom("web_flows")
      .select("expires_at")
      .orderBy("expires_at", "desc")
      .offset(maxPending)
      .limit(1)
      .executeTakeFirst();
    if (oldestKept)
      await db.deleteFrom("web_flows").where("expires_at", "<=", oldestKept.expires_at).execute();
  };

  /** Takes the flow out, so that a state can be answered once even by two callers at the same time. */
  const take = async (state: string): Promise<Flow> => {
    const flow = await db
      .deleteFrom("web_flows")
      .where("state_hash", "=", sha256(state))
      .returningAll()
      .executeTakeFirst();
    if (!flow || flow.expires_at <= now()) throw invalidState();
    return flow;
  };

  const localUser = async (flow: Flow, code: string): Promise<User> => {
    if (!flow.code_hash || !flow.username || !equal(flow.code_hash, sha256(code)))
      throw new RpcError(Code.Unauthenticated, "the code is not valid");
    const user = await directory.get(flow.username);
    if (!user?.isValid) throw new RpcError(Code.Unauthenticated, "the user is not valid");
    return user;
  };

  const identify = async (flow: Flow, state: string, code: string) => {
    const provider = providers.require(flow.provider);
    if (provider.kind === "local") return { user: await localUser(flow, code), created: false };
    try {
      const profile = await provider.completeWebFlow({
        state,
        code,
        redirectUri: flow.redirect_uri,
        secret: box.open(flow.secret, context(flow.state_hash)),
      });
      return await onboarding.admit(provider, profile);
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      log.warn({ err: error, provider: provider.name }, "a sign-in at an identity provider failed");
      const code = error.reason === "refused" ? Code.Unauthenticated : Code.Unavailable;
      throw new RpcError(code, error.message, { cause: error });
    }
  };

  /** Makes the PAT of a command line. Its failure does not fail the sign-in: the text goes to the caller. */
  const mintPat = async (user: User, jwt: string): Promise<{ pat: string } | { patError: string }> => {
    try {
      const { scopes, lifetimeMs } = await policy.patLimits(user, jwt);
      const { token } = await accessTokens.mint({
        username: user.username,
        name: `OAuth-${randomBytes(4).toString("hex")}`,
        scopes,
        expiresAt: lifetimeMs === undefined ? null : now() + lifetimeMs,
        renew: false,
      });
      return { pat: token };
    } catch (error) {
      log.warn({ err: error, username: user.username }, "cannot create the access token of a sign-in");
      return {
        patError: error instanceof RpcError ? error.message : "the access token could not be created",
      };
    }
  };

  return {
    async pending(state) {
      const flow = await live(sha256(state));
      if (flow?.provider !== localProviderName) return undefined;
      return {
        redirectUri: flow.redirect_uri,
        forCommandLine: flow.cli_state !== "" || flow.create_pat === 1,
      };
    },
    async approve(state, username, method) {
      const code = randomSecret();
      const flow = await db
        .updateTable("web_flows")
        .set({ code_hash: sha256(code), username, method })
        .where("state_hash", "=", sha256(state))
        .where("provider", "=", localProviderName)
        .where("expires_at", ">", now())
        .where("code_hash", "is", null)
        .returning("redirect_uri")
        .executeTakeFirst();
      if (!flow) return undefined;
      const target = new URL(flow.redirect_uri);
      target.searchParams.set("code", code);
      target.searchParams.set("state", state);
      return target.href;
    },
    rpcs: {
      async onboardUserWebFlow(request) {
        const provider = providers.require(request.provider);
        if (!provider.capabilities.includes("OnboardUserWebFlow"))
          throw new RpcError(Code.Unimplemented, "the provider has no browser sign-in");
        const redirectUri = checkRedirect(request.redirectUri);
        if (request.cliState.length > 512) throw new RpcError(Code.InvalidArgument, "cli_state is too long");
        await makeRoom();
        const state = encodeState({ ...request, nonce: randomSecret() });
        const stateHash = sha256(state);
        const begun =
          provider.kind === "local"
            ? { authUrl: `${deps.publicUrl()}/signin?${new URLSearchParams({ state })}`, secret: "" }
            : await providers.ask(() => provider.beginWebFlow({ state, redirectUri }));
        await db
          .insertInto("web_flows")
          .values({
            state_hash: stateHash,
            provider: provider.name,
            redirect_uri: redirectUri,
            secret: begun.secret === "" ? "" : box.seal(begun.secret, context(stateHash)),
            cli_state: request.cliState,
            create_pat: request.createPat ? 1 : 0,
            expires_at: now() + lifetimeSeconds * 1000,
            code_hash: null,
            username: null,
            method: null,
          })
          .execute();
        return { provider: provider.name, authUrl: begun.authUrl, state, expiresIn: lifetimeSeconds };
      },
      async completeUserWebFlow({ state, code }) {
        providers.require(providerOfState(state));
        if (code === "") throw new RpcError(Code.InvalidArgument, "a code is required");
        const flow = await take(state);
        const { user, created } = await identify(flow, state, code);
        if (user.locked) throw new RpcError(Code.PermissionDenied, "the account is locked");
        const userToken = userTokens.issue(user);
        await policy.admit(user, userToken, flow.method === "password" ? "password" : "web");
        const pat = flow.create_pat === 1 ? await mintPat(user, userToken) : {};
        return { userToken, cliState: flow.cli_state, newUser: created, ...pat };
      },
    },
  };
};
