import { routes } from "@k8shell/contract";
import type { IdentityService } from "@k8shell/contract/gen/identity/v1/identity_pb.js";
import type { Client } from "@k8shell/rpc";
import type { JwtVerifier } from "../auth/jwt-verifier.ts";
import type { SourceCheck } from "../auth/source-address.ts";
import { ApiError } from "../http/api-error.ts";
import { type BoundRoute, bind, json } from "../http/handler.ts";

export interface InternalRoutesDeps {
  readonly identity: Client<typeof IdentityService>;
  readonly verifier: JwtVerifier;
  readonly isAllowedSource: SourceCheck;
  /** Address of this server as users see it. */
  publicUrl(): string;
}

/** Tokens for processes inside the platform (rest-contract 1.1 row 31, section 6 row 19). */
export const internalRoutes = ({
  identity,
  verifier,
  isAllowedSource,
  publicUrl,
}: InternalRoutesDeps): BoundRoute[] => [
  bind(routes.issueInternalToken, async ({ principal, params, request }) => {
    // The peer itself: an address that a proxy vouches for is not inside the platform.
    if (!isAllowedSource(request.raw.socket.remoteAddress)) {
      throw new ApiError("source_not_allowed", "Internal endpoints are not open to this address.");
    }
    if (principal.credential.kind === "session") {
      throw new ApiError("forbidden", "Internal endpoints take a bearer token, not a web session.");
    }
    if (principal.username !== params.username) {
      throw new ApiError("forbidden", "A token is issued only to its own user.");
    }
    const claims = await verifier.verify(principal.jwt);
    const { userToken } = await identity.issueUserToken({ username: params.username, source: claims.source });
    const issued = await verifier.verify(userToken);
    return json(200, {
      provider: claims.source,
      address: publicUrl(),
      username: params.username,
      token: userToken,
      expiresAt: new Date(issued.exp * 1000).toISOString(),
    });
  }),
];
