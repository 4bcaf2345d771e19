/** The claims of a user JWT that the gateway uses (grpc-behaviour: section 2, "JWT"). */
export interface UserClaims {
  readonly sub: string;
  readonly org: string;
  readonly roles: readonly string[];
  readonly source: string;
  /** Epoch seconds. */
  readonly iat: number;
  /** When it was issued, epoch milliseconds: of an Identity elsewhere the end of the second, of the embedded one the moment. */
  readonly issuedAtMs: number;
  readonly exp: number;
}

/** Who is calling, established once per request or socket. */
export interface Principal {
  readonly username: string;
  readonly org: string;
  readonly roles: readonly string[];
  /** A verified, unexpired JWT of this user: what Authz is given. */
  readonly jwt: string;
  readonly credential:
    | { readonly kind: "jwt" }
    /** `preview` = first 13 characters of the token; `hash` = its SHA-256 in hex. */
    | {
        readonly kind: "pat";
        readonly scopes: readonly string[];
        readonly preview: string;
        readonly hash: string;
      }
    /** `sessionId` = SHA-256 in hex of the cookie's value, which is also its key in the store. */
    | { readonly kind: "session"; readonly sessionId: string };
}
