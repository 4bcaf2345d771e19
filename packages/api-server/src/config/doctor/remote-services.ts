import type { Config } from "../config.ts";

/** A service that the configuration may place elsewhere. */
export interface ServiceKeys {
  /** Its block, e.g. `identity`. */
  readonly name: string;
  /** Undefined when it is embedded. The daemons in workspaces have addresses of their own. */
  readonly address: string | undefined;
  readonly isRemote: boolean;
  readonly tokenFilePath: string | undefined;
  readonly caCertPath: string | undefined;
  readonly serverName: string | undefined;
}

export const serviceKeys = (config: Config): ServiceKeys[] => [
  ...(["identity", "authz", "session", "provisioner"] as const).map((name) => ({
    name,
    isRemote: config[name].address !== undefined,
    address: config[name].address,
    tokenFilePath: config[name].tokenFilePath,
    caCertPath: config[name].caCertPath,
    serverName: config[name].serverName,
  })),
  {
    name: "k8shelld",
    address: undefined,
    isRemote: config.provisioner.address !== undefined,
    tokenFilePath: config.k8shelld.tokenFilePath,
    caCertPath: config.k8shelld.caCertPath,
    serverName: undefined,
  },
];
