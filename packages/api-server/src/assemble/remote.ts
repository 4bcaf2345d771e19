import { readFileSync } from "node:fs";
import type { WorkspaceDetails } from "@k8shell/contract/gen/common/v1/common_pb.js";
import { type Channel, type GrpcChannelOptions, grpcChannel } from "@k8shell/rpc";
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
 * A channel to a service that the configuration gives an address; undefined for an embedded one (grpc-behaviour
 * section 1).
 * @throws ConfigError
 */
export const remoteChannel = (service: RemoteService, name: string): Channel | undefined =>
  service.address === undefined
    ? undefined
    : grpcChannel({
        address: service.address,
        ca: readPem(service.caCertPath, `${name}.caCertPath`),
        serverName: service.serverName,
        tokenFile: service.tokenFilePath,
      });

/** The daemon of a workspace of a remote provisioner: at the address in its details (grpc-behaviour section 4). */
export const remoteDaemon = ({
  k8shelld,
}: Config): ((workspace: WorkspaceDetails) => GrpcChannelOptions | undefined) => {
  const ca = readPem(k8shelld.caCertPath, "k8shelld.caCertPath");
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

/** The key user tokens are verified with, when Identity is remote. @throws ConfigError */
export const configuredJwtKey = ({ jwtVerifier }: Config): string => {
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
