import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { actions, namesWorkspace, routes, uncoveredScopes } from "@k8shell/contract";
import type { AccessTokenInfo } from "@k8shell/contract/gen/identity/v1/types_pb.js";
import { Code, RpcError } from "@k8shell/rpc";
import type { AccountControl } from "../auth/account-control.ts";
import type { Principal } from "../auth/principal.ts";
import type { Backends } from "../backends/backends.ts";
import { ApiError } from "../http/api-error.ts";
import { type BoundRoute, json, noContent } from "../http/handler.ts";
import { bindBoth, targetUser } from "./both.ts";
import { accessTokenJson } from "./mapping/credential.ts";
import { toNumber } from "./mapping/values.ts";
import { listObligation, tokenLifetime } from "./obligations.ts";

export interface TokenRoutesDeps {
  readonly backends: Backends;
  readonly accounts: Pick<AccountControl, "forgetToken">;
  readonly now?: () => number;
}

type Obligations = Readonly<Record<string, string>>;

/**
 * Refuses scopes that the decision does not let a token have, or that the caller's own token lacks: whoever holds a
 * limited token could otherwise make themselves an unlimited one.
 * @throws ApiError forbidden
 */
export const checkScopes = (
  scopes: readonly string[],
  obligations: Obligations,
  principal: Principal,
): void => {
  const cap = listObligation(obligations, "scopes");
  const overCap = cap ? uncoveredScopes(scopes, cap) : [];
  if (overCap.length > 0)
    throw new ApiError("forbidden", `Tokens may not have the scope ${overCap.join(", ")}.`);
  const { credential } = principal;
  if (credential.kind !== "pat") return;
  const overOwn = uncoveredScopes(scopes, credential.scopes);
  if (overOwn.length > 0) {
    throw new ApiError(
      "insufficient_scope",
      `Your access token lacks the scope ${overOwn.join(", ")} itself.`,
    );
  }
};

/** Slack for the time a request takes, when a client asks for exactly the longest life. */
const slackMs = 60_000;

/**
 * When a new token ends, epoch milliseconds; undefined: never. One that names no end gets the longest life allowed.
 * @throws ApiError invalid_parameter, forbidden
 */
export const expiryOf = (
  asked: string | undefined,
  obligations: Obligations,
  now: number,
): number | undefined => {
  const lifetime = tokenLifetime(obligations);
  // Go clients send their zero time for "never".
  const wanted = asked === undefined || asked.startsWith("0001-") ? undefined : Date.parse(asked);
  if (wanted === undefined) return lifetime === undefined ? undefined : now + lifetime;
  if (wanted <= now) throw new ApiError("invalid_parameter", "expires_at lies in the past.");
  if (lifetime !== undefined && wanted > now + lifetime + slackMs) {
    throw new ApiError(
      "forbidden",
      `Tokens may live until ${new Date(now + lifetime).toISOString()} at most.`,
    );
  }
  return wanted;
};

/**
 * Passes scopes on to Identity. The platform's own service knows no scopes that name workspaces, and refuses the token:
 * that is better than one that can do more than was asked for.
 * @throws ApiError not_implemented
 */
const withScopes = async <T>(scopes: readonly string[] | undefined, call: () => Promise<T>): Promise<T> => {
  try {
    return await call();
  } catch (cause) {
    if (cause instanceof RpcError && cause.code === Code.InvalidArgument && scopes?.some(namesWorkspace)) {
      throw new ApiError(
        "not_implemented",
        "The platform's identity service does not take scopes that name a workspace.",
        { cause },
      );
    }
    throw cause;
  }
};

/** Personal access tokens of a user (rest-contract 1.2 and 2.7). */
export const tokenRoutes = ({ backends, accounts, now = Date.now }: TokenRoutesDeps): BoundRoute[] => {
  const { identity } = backends;

  const list = async (username: string): Promise<AccessTokenInfo[]> =>
    (await identity.listAccessTokens({ username })).tokens;

  /** A token of the user: Identity deletes anybody's (grpc-behaviour section 6). */
  const ownToken = async (username: string, id: number): Promise<AccessTokenInfo> => {
    const found = (await list(username)).find(
      (token) => token.id === BigInt(id) && token.username === username,
    );
    if (!found) throw new ApiError("not_found", "There is no such access token.");
    return found;
  };

  return [
    ...bindBoth(routes.listUserTokens, routes.listMyTokens, async (context) => {
      const tokens = await list(targetUser(context));
      return json(200, tokens.map(accessTokenJson));
    }),

    ...bindBoth(routes.createUserToken, routes.createMyToken, async (context) => {
      const username = targetUser(context);
      const { name, scopes, expires_at, renew, active } = context.body;
      checkScopes(scopes, context.obligations, context.principal);
      const expiry = expiryOf(expires_at, context.obligations, now());
      const existing = (await list(username)).find((token) => token.name === name);
      // Identity itself answers a duplicate with Internal (grpc-behaviour, surprising fact 28).
      if (existing && !renew)
        throw new ApiError("already_exists", `There is an access token named ${name} already.`);
      const { id, token } = await withScopes(scopes, () =>
        identity.createAccessToken({
          username,
          name,
          scopes,
          expiresAt: expiry === undefined ? undefined : timestampFromMs(expiry),
          renew: renew ?? false,
          active,
        }),
      );
      if (existing) await accounts.forgetToken(username, existing.tokenPreview);
      return json(201, { id: toNumber(id), token });
    }),

    ...bindBoth(routes.updateUserToken, routes.updateMyToken, async (context) => {
      const username = targetUser(context);
      const { active, scopes } = context.body;
      const existing = await ownToken(username, context.params.id);
      if (scopes && uncoveredScopes(scopes, existing.scopes).length > 0) {
        // Widening a token is as good as making a new one, and limited in the same way.
        const resource = { type: "user", id: "", attributes: { owner: username } } as const;
        checkScopes(scopes, await context.authorize(actions.tokenCreate, resource), context.principal);
      }
      const { token } = await withScopes(scopes, () =>
        identity.updateAccessToken({
          id: existing.id,
          username,
          active,
          scopes: scopes ? { scopes } : undefined,
        }),
      );
      await accounts.forgetToken(username, existing.tokenPreview);
      if (!token) throw new ApiError("bad_gateway", "Identity gave no valid answer.");
      return json(200, accessTokenJson(token));
    }),

    ...bindBoth(routes.revokeUserToken, routes.revokeMyToken, async (context) => {
      const username = targetUser(context);
      const { id, tokenPreview } = await ownToken(username, context.params.id);
      await identity.deleteAccessToken({ id });
      await accounts.forgetToken(username, tokenPreview);
      return noContent();
    }),
  ];
};
