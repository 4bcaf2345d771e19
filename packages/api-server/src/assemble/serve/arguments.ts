import { parseArgs } from "node:util";
import { UsageError } from "../../cli-arguments.ts";
import { allowedCallers, clusterIssuer, type ServiceAccountOptions } from "./service-account-tokens.ts";

/** Services that have a process of their own, and the port that the platform gives each (grpc-behaviour section 1). */
export const servicePorts = {
  identity: 9020,
  authz: 9011,
  session: 9010,
  provisioner: 9030,
  workspaced: 2822,
} as const;

export type ServiceName = keyof typeof servicePorts;

/** What the command line of `k8shell serve` says. */
export interface ServeArguments {
  readonly help: boolean;
  readonly service: ServiceName;
  /** `host:port`, `[address]:port` or `unix:/path`; undefined for workspaced: as its configuration says. */
  readonly listen: string | undefined;
  readonly data: string | undefined;
  readonly config: string | undefined;
  readonly tls: { readonly certFile: string; readonly keyFile: string } | undefined;
  readonly tokenFiles: readonly string[];
  /** Undefined: none may call. */
  readonly serviceAccounts: ServiceAccountOptions | undefined;
  /** Host under which gateways reach the workspaces of a provisioner. */
  readonly advertise: string | undefined;
  readonly stopWorkspaces: boolean;
  readonly logText: boolean;
}

export const serveUsage = `Serves one part of the platform over gRPC, for gateways and services in other processes or on other machines.

Usage: k8shell serve SERVICE --token-file FILE [options]

  SERVICE               identity, authz, session, provisioner or workspaced (the daemon of one workspace)

  --listen ADDRESS      HOST:PORT (port 0 takes a free one) or unix:/path; default 127.0.0.1 and the service's port:
                        identity 9020, authz 9011, session 9010, provisioner 9030
  --data DIR            where everything is kept (K8SHELL_DATA; default ~/.local/share/k8shell)
  --config FILE         the same YAML as the API server's: where the other services are, the public URL, NATS, providers
  --tls-cert FILE       PEM certificate chain; read again when it changes
  --tls-key FILE        PEM private key
  --token-file FILE     bearer tokens, one a line, that calls must carry; read for every call; may be given several times
  --service-account [NAMESPACE/]NAME
                        Kubernetes service account whose tokens are accepted, in place of or beside --token-file; several times;
                        "platform": those that the platform lets call the service. Default namespace: this pod's; "*": any
  --token-issuer URL    issuer of those tokens (default https://kubernetes.default.svc.cluster.local)
  --token-issuer-ca FILE  PEM of the authority trusted for the issuer (default: the pod's)
  --token-audience NAME  what the tokens must be for (default: the service's name)
  --insecure            listen beyond this machine without TLS (tokens and data can then be read on the way)
  --advertise HOST      provisioner: name or address under which gateways reach this machine (default: the host listened on)
  --stop-workspaces     provisioner: stop all workspaces together with the service
  --logtext             log lines for people instead of JSON
  --help                print this

What each needs in --config:
  identity              http.publicUrl, authz.address
  authz, session        identity.address
  provisioner           http.publicUrl, identity.address, authz.address; the API server's NATS or data directory for jobs
  workspaced            its own JSON configuration, as a provisioner writes it
`;

const isService = (name: string | undefined): name is ServiceName =>
  name !== undefined && Object.hasOwn(servicePorts, name);

/** The host of `host:port`; undefined for a unix socket. @throws UsageError */
export const listenHost = (address: string): string | undefined => {
  if (/^unix:\/./.test(address)) return undefined;
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^[\]:/\s]+)):(\d{1,5})$/.exec(address);
  const host = match?.[1] ?? match?.[2];
  if (host === undefined || Number(match?.[3]) > 65_535) {
    throw new UsageError(`--listen is "${address}": give HOST:PORT, [ADDRESS]:PORT or unix:/path`);
  }
  return host;
};

const isLoopback = (host: string): boolean => /^(localhost|127\.\d+\.\d+\.\d+|::1)$/.test(host);

/**
 * Reads what follows `k8shell serve`.
 * @throws UsageError
 */
export const parseServeArguments = (
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): ServeArguments => {
  const parse = () => {
    try {
      return parseArgs({
        args: [...args],
        allowPositionals: true,
        options: {
          listen: { type: "string" },
          data: { type: "string" },
          config: { type: "string" },
          "tls-cert": { type: "string" },
          "tls-key": { type: "string" },
          "token-file": { type: "string", multiple: true },
          "service-account": { type: "string", multiple: true },
          "token-issuer": { type: "string" },
          "token-issuer-ca": { type: "string" },
          "token-audience": { type: "string" },
          advertise: { type: "string" },
          insecure: { type: "boolean" },
          "stop-workspaces": { type: "boolean" },
          logtext: { type: "boolean" },
          help: { type: "boolean" },
        },
      });
    } catch (cause) {
      throw new UsageError(`${cause instanceof Error ? cause.message : cause} (see k8shell serve --help)`);
    }
  };
  const { values, positionals } = parse();
  const [service, ...rest] = positionals;
  const help = values.help === true;
  if (!help && (!isService(service) || rest.length > 0)) {
    const known = Object.keys(servicePorts).join(", ");
    throw new UsageError(`serve takes one service, of ${known} (see k8shell serve --help)`);
  }
  const name = isService(service) ? service : "identity";
  const certFile = values["tls-cert"];
  const keyFile = values["tls-key"];
  if ((certFile === undefined) !== (keyFile === undefined)) {
    throw new UsageError("--tls-cert and --tls-key go together");
  }
  const listen = values.listen ?? (name === "workspaced" ? undefined : `127.0.0.1:${servicePorts[name]}`);
  const host = listen === undefined ? undefined : listenHost(listen);
  const tokenFiles = values["token-file"] ?? [];
  const accounts = (values["service-account"] ?? []).flatMap((account) =>
    account === "platform" ? (allowedCallers[name] ?? []) : [account],
  );
  const wrong = accounts.find((account) => !/^(?:(?:\*|[a-z0-9.-]+)\/)?[a-z0-9.-]+$/.test(account));
  if (wrong !== undefined)
    throw new UsageError(`--service-account is "${wrong}": give NAME or NAMESPACE/NAME`);
  if (accounts.length > 0 && name === "workspaced") {
    throw new UsageError("serve workspaced takes --token-file only");
  }
  const about = ["token-issuer", "token-issuer-ca", "token-audience"] as const;
  const alone = about.find((option) => values[option] !== undefined);
  if (accounts.length === 0 && alone !== undefined) {
    throw new UsageError(`--${alone} is about service accounts: give --service-account too`);
  }
  if (!help && host !== undefined) {
    // Also on loopback: workspaces of this machine may reach it.
    if (tokenFiles.length === 0 && accounts.length === 0) {
      throw new UsageError("--token-file is missing: whoever can connect could act as anybody without it");
    }
    if (!isLoopback(host) && certFile === undefined && values.insecure !== true) {
      throw new UsageError(
        `--listen ${listen} is reachable from other machines: give --tls-cert and --tls-key, or --insecure`,
      );
    }
  }
  return {
    help,
    service: name,
    listen,
    data: values.data ?? (env.K8SHELL_DATA || undefined),
    config: values.config,
    tls: certFile !== undefined && keyFile !== undefined ? { certFile, keyFile } : undefined,
    tokenFiles,
    serviceAccounts:
      accounts.length === 0
        ? undefined
        : {
            issuer: values["token-issuer"] ?? clusterIssuer,
            audience: values["token-audience"] ?? name,
            accounts,
            caFile: values["token-issuer-ca"],
          },
    advertise: values.advertise,
    stopWorkspaces: values["stop-workspaces"] === true,
    logText: values.logtext === true,
  };
};
