import { readFileSync } from "node:fs";
import type { Log } from "@k8shell/contract";
import { AuthzService } from "@k8shell/contract/gen/authz/v1/authz_pb.js";
import type { WorkspaceDetails } from "@k8shell/contract/gen/common/v1/common_pb.js";
import { IdentityService } from "@k8shell/contract/gen/identity/v1/identity_pb.js";
import { ProvisionerService } from "@k8shell/contract/gen/provisioner/v1/provisioner_pb.js";
import { SessionService } from "@k8shell/contract/gen/session/v1/session_pb.js";
import { type Channel, type GrpcChannelOptions, grpcChannel } from "@k8shell/rpc";
import { type RemoteBackend, remoteBackend } from "../backends/remote-backend.ts";
import type { Config, RemoteService } from "../config/config.ts";
import { ConfigError } from "../config/config-error.ts";

/** @throws ConfigError naming `key` */
export const readPem = (path: string | undefined, key: string): string | undefined => {
  if (path === undefined) return undefined;
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new ConfigError(`${key}: the file ${path} cannot be read`, { cause });
  }
};

/**
 * What gives the PEM in a file, which is read again whenever it is asked for: certificates and their authority are replaced
 * while the server runs. One that cannot be read just then is taken as it was.
 * @throws ConfigError naming `key`, for a file that cannot be read now
 */
const followedPem = (path: string | undefined, key: string): (() => string) | undefined => {
  const known = readPem(path, key);
  if (path === undefined || known === undefined) return undefined;
  let latest = known;
  return () => {
    try {
      const pem = readFileSync(path, "utf8");
      if (pem.includes("-----END CERTIFICATE-----")) latest = pem;
    } catch {
      // Being replaced.
    }
    return latest;
  };
};

/** The services that may be remote. */
export type BackendName = "identity" | "authz" | "session" | "provisioner";

/** The cheapest call of each that it must be able to answer. */
const probes: Record<BackendName, (channel: Channel, timeoutMs: number) => Promise<unknown>> = {
  identity: (channel, timeoutMs) =>
    channel.client(IdentityService).getAvailableIdentityProviders({}, { timeoutMs }),
  authz: (channel, timeoutMs) => channel.client(AuthzService).getAuditQuerySchema({}, { timeoutMs }),
  session: (channel, timeoutMs) => channel.client(SessionService).getSessionsQuerySchema({}, { timeoutMs }),
  provisioner: (channel, timeoutMs) =>
    channel.client(ProvisionerService).getWorkspacesQuerySchema({}, { timeoutMs }),
};

/** Asks a backend for anything, over whatever channel. */
export const probeBackend = (name: BackendName, channel: Channel, timeoutMs: number): Promise<unknown> =>
  probes[name](channel, timeoutMs);

/**
 * A service that the configuration gives an address; undefined for an embedded one (grpc-behaviour section 1).
 * @throws ConfigError
 */
export const configuredBackend = (
  service: RemoteService,
  name: BackendName,
  log: Log,
): RemoteBackend | undefined => {
  const { address, caCertPath, serverName, tokenFilePath, timeoutSeconds } = service;
  if (address === undefined) return undefined;
  return remoteBackend({
    name,
    connect: () =>
      grpcChannel({
        address,
        ca: followedPem(caCertPath, `${name}.caCertPath`),
        serverName,
        tokenFile: tokenFilePath,
        defaultTimeoutMs: timeoutSeconds * 1000,
      }),
    defaultTimeoutMs: timeoutSeconds * 1000,
    probe: probes[name],
    onChange(state) {
      if (state.kind === "open") log.warn({ backend: name, err: state.cause }, "a backend does not answer");
      else log.info({ backend: name }, "a backend answers again");
    },
  });
};

/** The daemon of a workspace of a remote provisioner: at the address in its details (grpc-behaviour section 4). */
export const remoteDaemon = ({
  k8shelld,
}: Config): ((workspace: WorkspaceDetails) => GrpcChannelOptions | undefined) => {
  const ca = followedPem(k8shelld.caCertPath, "k8shelld.caCertPath");
  return ({ podIp, port, tlsEnabled, serverName }) => {
    if (podIp === "") return undefined;
    const host = podIp.includes(":") ? `[${podIp}]` : podIp;
    if (tlsEnabled && ca === undefined) {
      throw new ConfigError("k8shelld.caCertPath: is needed, because workspaces speak TLS");
    }
    return {
      address: `${host}:${port || 2822}`,
      tokenFile: k8shelld.tokenFilePath,
      ...(tlsEnabled ? { ca, serverName } : {}),
    };
  };
};

/** The key user tokens are verified with, when Identity is remote: PEM, or the secret of hs256. @throws ConfigError */
export const configuredJwtKey = ({ jwtVerifier }: Config): string => {
  if (jwtVerifier.signingMethod === "hs256" && jwtVerifier.secretKey !== undefined)
    return jwtVerifier.secretKey;
  const { publicKey, publicKeyFile, privateKey, privateKeyFile } = jwtVerifier;
  const key =
    publicKey ??
    readPem(publicKeyFile, "jwtVerifier.publicKeyFile") ??
    privateKey ??
    readPem(privateKeyFile, "jwtVerifier.privateKeyFile");
  if (key === undefined) {
    throw new ConfigError(
      "jwtVerifier: give the issuer's key (publicKeyFile or privateKeyFile), because identity.address names a remote service",
    );
  }
  return key;
};
