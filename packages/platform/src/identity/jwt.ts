import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomUUID,
  sign,
} from "node:crypto";
import type { User } from "@k8shell/contract/gen/common/v1/common_pb.js";
import type { IdentityService } from "@k8shell/contract/gen/identity/v1/identity_pb.js";
import { Code, RpcError, type ServiceImpl } from "@k8shell/rpc";
import { LRUCache } from "lru-cache";
import type { Directory } from "./directory.ts";
import { readOrCreateSecret } from "./secrets.ts";

const header = Buffer.from(JSON.stringify({ alg: "ES256", typ: "JWT" })).toString("base64url");
const cachedTokens = 10_000;

/** The key pair user tokens are signed with, and its public half for verifiers (SPKI PEM). */
export interface SigningKey {
  readonly privateKey: KeyObject;
  readonly publicKeyPem: string;
}

/** Reads the P-256 key (PKCS#8 PEM), making it on the first start. */
export const loadSigningKey = async (file: string): Promise<SigningKey> => {
  const pem = await readOrCreateSecret(file, () =>
    generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ type: "pkcs8", format: "pem" }),
  );
  const privateKey = createPrivateKey(pem);
  if (privateKey.asymmetricKeyDetails?.namedCurve !== "prime256v1")
    throw new Error("the signing key of user tokens must be an EC key on P-256");
  return {
    privateKey,
    publicKeyPem: createPublicKey(privateKey).export({ type: "spki", format: "pem" }).toString(),
  };
};

export interface UserTokens {
  readonly rpcs: Pick<ServiceImpl<typeof IdentityService>, "issueUserToken">;
  /**
   * Signs a new token.
   * @param source claim `source`; empty: the user's own
   * @param lifetimeSeconds default: as configured
   */
  issue(user: User, source?: string, lifetimeSeconds?: number): string;
  /**
   * A token of a user that has at least half its life left: the same one until then, because a signature costs more
   * than everything else in a request.
   * @param notAfter the token may not outlive this, epoch milliseconds
   */
  reuse(user: User, lifetimeSeconds?: number, notAfter?: number): string;
}

interface UserTokensDeps {
  key: SigningKey;
  directory: Directory;
  issuer: string;
  audience: string;
  lifetimeSeconds: number;
  now: () => number;
}

/** Issues the user JWT (ES256; claims of grpc-behaviour section 2 "JWT"). */
export const createUserTokens = (deps: UserTokensDeps): UserTokens => {
  const { directory, now } = deps;
  const cache = new LRUCache<string, { user: User; token: string; exp: number }>({
    max: cachedTokens,
  });

  const sealed = (user: User, source: string, iatMs: number, exp: number): string => {
    const claims = {
      sub: user.username,
      jti: randomUUID(),
      iss: deps.issuer,
      aud: [deps.audience],
      iat: Math.floor(iatMs / 1000),
      // Whoever takes tokens back does so at a moment, and one of the same second may be from before it.
      iatMs,
      exp,
      email: user.email,
      name: user.fullname,
      uid: user.uid,
      gid: user.gid,
      roles: user.roles,
      org: user.organization,
      source: source || user.source,
      shell: user.shell,
      ...(user.sudo ? { sudo: true } : {}),
    };
    const body = `${header}.${Buffer.from(JSON.stringify(claims)).toString("base64url")}`;
    const signature = sign("sha256", Buffer.from(body), {
      key: deps.key.privateKey,
      dsaEncoding: "ieee-p1363",
    });
    return `${body}.${signature.toString("base64url")}`;
  };

  const issue: UserTokens["issue"] = (user, source = "", lifetimeSeconds = deps.lifetimeSeconds) => {
    const at = now();
    return sealed(user, source, at, Math.floor(at / 1000) + lifetimeSeconds);
  };

  return {
    issue,
    reuse(user, lifetimeSeconds = deps.lifetimeSeconds, notAfter = Number.POSITIVE_INFINITY) {
      const at = now();
      const iat = Math.floor(at / 1000);
      const exp = Math.min(iat + lifetimeSeconds, Math.floor(notAfter / 1000));
      if (exp < iat + lifetimeSeconds) return sealed(user, "", at, exp);
      const key = `${lifetimeSeconds}:${user.username}`;
      const hit = cache.get(key);
      // The directory hands out the same message until the user changes.
      const fresh = hit && hit.user === user && hit.exp <= exp && (hit.exp - iat) * 2 >= lifetimeSeconds;
      if (fresh) return hit.token;
      const token = sealed(user, "", at, exp);
      cache.set(key, { user, token, exp });
      return token;
    },
    rpcs: {
      async issueUserToken({ username, source }) {
        const user = await directory.require(username);
        if (!user.isValid) throw new RpcError(Code.Internal, "user is not valid");
        return { userToken: issue(user, source) };
      },
    },
  };
};
