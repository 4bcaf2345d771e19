import { createHash, randomBytes } from "node:crypto";
import type { Configuration, CustomFetch, ServerMetadata, TokenEndpointResponse } from "openid-client";
import { z } from "zod";
import { type DeviceFlowStart, type GitToken, ProviderError } from "./provider.ts";

const timeoutSeconds = 10;
const defaultPollSeconds = 5;

const webSecret = z.object({ verifier: z.string(), nonce: z.string() });
const deviceSecret = z.object({
  device_code: z.string(),
  user_code: z.string(),
  verification_uri: z.string(),
  expires_in: z.number(),
  interval: z.number().optional(),
});

export interface OAuthOptions {
  /** What is known of the server, or the issuer to discover it from. */
  readonly server:
    | { readonly kind: "known"; readonly metadata: ServerMetadata }
    | { readonly kind: "discover"; readonly issuer: string };
  readonly clientId: string;
  readonly clientSecret?: string;
  readonly scopes: readonly string[];
  /** Send the redirect address without its query. */
  readonly exactRedirectUri: boolean;
  readonly allowInsecure: boolean;
  /** OpenID Connect: an ID token with our nonce must come with the tokens. */
  readonly openid: boolean;
  /** Between us and the server, for one that bends the standard. */
  readonly customFetch?: CustomFetch;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** What a sign-in brought. */
export interface OAuthResult {
  readonly token: GitToken;
  /** Claims of the ID token; empty without one. */
  readonly claims: Readonly<Record<string, unknown>>;
}

/** The OAuth 2.0 conversations with one provider. Every failure is a ProviderError. */
export interface OAuthClient {
  begin(flow: { state: string; redirectUri: string }): Promise<{ authUrl: string; secret: string }>;
  complete(flow: { code: string; redirectUri: string; secret: string }): Promise<OAuthResult>;
  beginDevice(): Promise<DeviceFlowStart>;
  completeDevice(flow: { secret: string; signal: AbortSignal }): Promise<OAuthResult>;
  refresh(token: GitToken): Promise<GitToken>;
  /** The OpenID userinfo of a token; empty when the provider has none. */
  userInfo(accessToken: string, subject: string): Promise<Readonly<Record<string, unknown>>>;
}

const withoutQuery = (address: string): string => {
  const url = new URL(address);
  url.search = "";
  return url.href;
};

/** The errors of RFC 6749 and 8628 with which a provider refuses a person or a code, as against being broken. */
const refusals = new Set(["invalid_grant", "access_denied", "expired_token", "bad_verification_code"]);

const toProviderError = (cause: unknown): ProviderError => {
  if (cause instanceof ProviderError) return cause;
  const error = cause instanceof Error && "error" in cause ? String(cause.error) : "";
  return refusals.has(error)
    ? new ProviderError("refused", "the identity provider did not accept the sign-in", { cause })
    : new ProviderError("unavailable", "the identity provider does not answer as expected", { cause });
};

const wrapped = async <T>(work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    throw toProviderError(error);
  }
};

export const createOAuthClient = (options: OAuthOptions): OAuthClient => {
  let connecting: Promise<Configuration> | undefined;

  const configure = async (): Promise<Configuration> => {
    // Loaded on first use: most installations have no external provider.
    const oauth = await import("openid-client");
    const prepare = (config: Configuration): Configuration => {
      config.timeout = timeoutSeconds;
      if (options.allowInsecure) oauth.allowInsecureRequests(config);
      if (options.customFetch) config[oauth.customFetch] = options.customFetch;
      return config;
    };
    const discover = async (issuer: string): Promise<ServerMetadata> => {
      const execute = options.allowInsecure ? [oauth.allowInsecureRequests] : [];
      const found = await oauth.discovery(new URL(issuer), options.clientId, undefined, oauth.None(), {
        timeout: timeoutSeconds,
        execute,
      });
      return found.serverMetadata();
    };
    const server =
      options.server.kind === "known" ? options.server.metadata : await discover(options.server.issuer);
    const methods = server.token_endpoint_auth_methods_supported ?? ["client_secret_basic"];
    const authenticate = methods.includes("client_secret_basic")
      ? oauth.ClientSecretBasic
      : oauth.ClientSecretPost;
    const auth = options.clientSecret === undefined ? oauth.None() : authenticate(options.clientSecret);
    return prepare(new oauth.Configuration(server, options.clientId, undefined, auth));
  };

  /** The configuration, made once; a failure is tried again by the next caller. */
  const connect = (): Promise<Configuration> => {
    connecting ??= configure().catch((error) => {
      connecting = undefined;
      throw error;
    });
    return connecting;
  };

  const redirectUriOf = (address: string) => (options.exactRedirectUri ? withoutQuery(address) : address);

  const tokenOf = (answer: TokenEndpointResponse, previous?: GitToken): GitToken => ({
    accessToken: answer.access_token,
    refreshToken: answer.refresh_token ?? previous?.refreshToken,
    ...(answer.expires_in === undefined ? {} : { expiresAt: options.now() + answer.expires_in * 1000 }),
  });

  const resultOf = (
    answer: TokenEndpointResponse & { claims(): object | undefined },
    nonce: string | undefined,
  ): OAuthResult => {
    const claims = { ...answer.claims() } as Record<string, unknown>;
    if (options.openid && answer.id_token === undefined)
      throw new ProviderError("unavailable", "the identity provider sent no ID token");
    if (options.openid && nonce !== undefined && claims.nonce !== nonce)
      throw new ProviderError("refused", "the identity provider's answer belongs to another sign-in");
    return { token: tokenOf(answer), claims };
  };

  return {
    begin: ({ state, redirectUri }) =>
      wrapped(async () => {
        const oauth = await import("openid-client");
        const verifier = randomBytes(32).toString("base64url");
        const nonce = randomBytes(16).toString("base64url");
        const url = oauth.buildAuthorizationUrl(await connect(), {
          redirect_uri: redirectUriOf(redirectUri),
          scope: options.scopes.join(" "),
          state,
          code_challenge: createHash("sha256").update(verifier).digest("base64url"),
          code_challenge_method: "S256",
          ...(options.openid ? { nonce } : {}),
        });
        return { authUrl: url.href, secret: JSON.stringify({ verifier, nonce }) };
      }),
    complete: ({ code, redirectUri, secret }) =>
      wrapped(async () => {
        const oauth = await import("openid-client");
        const { verifier, nonce } = webSecret.parse(JSON.parse(secret));
        // Not authorizationCodeGrant: it cuts the query off the redirect address, which must be repeated as it was sent.
        const answer = await oauth.genericGrantRequest(await connect(), "authorization_code", {
          code,
          redirect_uri: redirectUriOf(redirectUri),
          code_verifier: verifier,
        });
        return resultOf(answer, nonce);
      }),
    beginDevice: () =>
      wrapped(async () => {
        const oauth = await import("openid-client");
        const answer = await oauth.initiateDeviceAuthorization(await connect(), {
          scope: options.scopes.join(" "),
        });
        return {
          userCode: answer.user_code,
          verificationUrl: answer.verification_uri,
          expiresIn: answer.expires_in,
          secret: JSON.stringify(answer),
        };
      }),
    completeDevice: ({ secret, signal }) =>
      wrapped(async () => {
        const oauth = await import("openid-client");
        const stored = deviceSecret.parse(JSON.parse(secret));
        const response = { ...stored, interval: stored.interval ?? defaultPollSeconds };
        const answer = await oauth.pollDeviceAuthorizationGrant(await connect(), response, undefined, {
          signal,
        });
        return resultOf(answer, undefined);
      }),
    refresh: (token) =>
      wrapped(async () => {
        const oauth = await import("openid-client");
        if (token.refreshToken === undefined)
          throw new ProviderError("refused", "the git token has expired: sign in again");
        return tokenOf(await oauth.refreshTokenGrant(await connect(), token.refreshToken), token);
      }),
    userInfo: (accessToken, subject) =>
      wrapped(async () => {
        const oauth = await import("openid-client");
        const config = await connect();
        if (!config.serverMetadata().userinfo_endpoint) return {};
        return oauth.fetchUserInfo(config, accessToken, subject);
      }),
  };
};
