import { existsSync, readFileSync } from "node:fs";
import { request } from "node:https";
import { type CallContext, Code, RpcError } from "@k8shell/rpc";
import { createRemoteJWKSet, customFetch, errors, jwtVerify } from "jose";
import { ConfigError } from "../../config/config-error.ts";

/** Whose Kubernetes service-account tokens a service accepts (grpc-behaviour section 1, "Server side"). */
export interface ServiceAccountOptions {
  /** Issuer of the tokens; its keys are at `<issuer>/openid/v1/jwks`. */
  readonly issuer: string;
  /** The audience that a token must be for: the name of the service. */
  readonly audience: string;
  /** `namespace/name`, or a name in the namespace of this process; `*` as the namespace for any. */
  readonly accounts: readonly string[];
  /** PEM of the only authorities trusted for the issuer; absent: the pod's, else those of the system. */
  readonly caFile: string | undefined;
  /** Where a pod has its own account: directory with `ca.crt`, `namespace` and `token`. */
  readonly podDir?: string;
}

/** The cluster's issuer, and where a pod finds what it needs to ask it (Kubernetes documentation, "Managing Service Accounts"). */
export const clusterIssuer = "https://kubernetes.default.svc.cluster.local";
const podAccount = "/var/run/secrets/kubernetes.io/serviceaccount";

/** Who may call each service of the platform (grpc-behaviour section 1, "Allow-lists"). */
export const allowedCallers: Readonly<Record<string, readonly string[]>> = {
  identity: ["provisioner", "ssh-proxy", "api-server"],
  session: ["provisioner", "ssh-proxy", "api-server"],
  provisioner: ["ssh-proxy", "api-server"],
  authz: ["ssh-proxy", "provisioner", "api-server", "identity"],
};

const maxKeys = 1 << 20;
const timeoutMs = 5_000;

const readIf = (file: string): string | undefined =>
  existsSync(file) ? readFileSync(file, "utf8").trim() : undefined;

/** Fetches the keys, trusting one authority, and as the pod's own account, which clusters ask for. */
const fetchKeys =
  (ca: string | undefined, ownToken: () => string | undefined) =>
  (url: string): Promise<Response> =>
    new Promise((resolve, reject) => {
      const token = ownToken();
      const headers = { accept: "application/json", ...(token ? { authorization: `Bearer ${token}` } : {}) };
      const call = request(url, { ca, headers, timeout: timeoutMs, minVersion: "TLSv1.2" }, (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        response.on("data", (chunk: Buffer) => {
          size += chunk.length;
          if (size > maxKeys) call.destroy(new Error("the issuer's keys are too large"));
          chunks.push(chunk);
        });
        response.on("end", () => {
          // A `Response` cannot be made of every status, and nothing but 200 has keys.
          if (response.statusCode === 200) resolve(new Response(Buffer.concat(chunks)));
          else reject(new Error(`the issuer answered with ${response.statusCode}`));
        });
        response.on("error", reject);
      });
      call.on("timeout", () => call.destroy(new Error("the issuer did not answer in time")));
      call.on("error", reject);
      call.end();
    });

const textIn = (value: unknown, ...path: readonly string[]): string | undefined => {
  let found: unknown = value;
  for (const name of path)
    found = typeof found === "object" && found !== null ? Reflect.get(found, name) : undefined;
  return typeof found === "string" ? found : undefined;
};

/** Not the caller's fault: the issuer cannot be asked. */
const isOutage = (error: unknown): boolean =>
  !(error instanceof errors.JOSEError) ||
  error instanceof errors.JWKSTimeout ||
  error.code === "ERR_JOSE_GENERIC";

/**
 * Checks that a call carries a service-account token of the cluster, for this service, of an account that may call it.
 * Keys are fetched when they are needed and kept; a token of an unknown key has them fetched again, not more than once
 * in 30 seconds.
 * @throws ConfigError for options that cannot be; RpcError Unauthenticated, PermissionDenied or Unavailable (the function
 *   returned)
 */
export const createServiceAccountCheck = (
  options: ServiceAccountOptions,
): ((context: CallContext) => Promise<void>) => {
  const { issuer, audience, accounts, podDir = podAccount } = options;
  if (!/^https:\/\//.test(issuer) || !URL.canParse(issuer)) {
    throw new ConfigError(
      "--token-issuer: must be an https address, e.g. https://kubernetes.default.svc.cluster.local",
    );
  }
  const caFile = options.caFile ?? (existsSync(`${podDir}/ca.crt`) ? `${podDir}/ca.crt` : undefined);
  let ca: string | undefined;
  try {
    ca = caFile === undefined ? undefined : readFileSync(caFile, "utf8");
  } catch (cause) {
    throw new ConfigError(`--token-issuer-ca: the file ${caFile} cannot be read`, { cause });
  }
  const ownNamespace = readIf(`${podDir}/namespace`);
  const allowed = accounts.map((account) => {
    const [first = "", second] = account.split("/");
    const namespace = second === undefined ? ownNamespace : first;
    if (namespace === undefined) {
      throw new ConfigError(
        `--service-account: say the namespace of ${account}, e.g. k8shell/${account}: this is no pod that has one`,
      );
    }
    return { namespace, name: second ?? first };
  });
  const keys = createRemoteJWKSet(new URL(`${issuer.replace(/\/$/, "")}/openid/v1/jwks`), {
    timeoutDuration: timeoutMs,
    [customFetch]: fetchKeys(ca, () => readIf(`${podDir}/token`)),
  });

  return async ({ metadata }) => {
    const token = /^Bearer (\S+)$/i.exec(metadata.authorization ?? "")?.[1];
    if (token === undefined) throw new RpcError(Code.Unauthenticated, "a valid bearer token is required");
    let claims: unknown;
    try {
      ({ payload: claims } = await jwtVerify(token, keys, {
        issuer,
        audience,
        algorithms: ["RS256", "ES256"],
        requiredClaims: ["exp"],
      }));
    } catch (cause) {
      throw isOutage(cause)
        ? new RpcError(Code.Unavailable, "the issuer of service tokens cannot be reached", { cause })
        : new RpcError(Code.Unauthenticated, "a valid bearer token is required", { cause });
    }
    const namespace = textIn(claims, "kubernetes.io", "namespace");
    const name = textIn(claims, "kubernetes.io", "serviceaccount", "name");
    const isAllowed = allowed.some(
      (account) => account.name === name && (account.namespace === "*" || account.namespace === namespace),
    );
    if (!isAllowed)
      throw new RpcError(Code.PermissionDenied, "this service account may not call the service");
  };
};
