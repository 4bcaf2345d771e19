import { sha256 } from "../auth/hash.ts";

/** What the first label of an app host names. */
export type AppLabel =
  | { readonly port: number; readonly workspace: string }
  /** The workspace's name does not fit; `short` stands for it (see `shortName`). */
  | { readonly port: number; readonly short: string };

/** A host below one of ours that has the form of an app host. */
export interface AppHost {
  /** Host as the client wrote it, lower case, with its port: `8080--alice-59936c3.localhost:9101`. */
  readonly host: string;
  /** What comes behind the label, with the port: `localhost:9101`. */
  readonly base: string;
  /** Undefined when the label is not a port and a workspace: there can be no such app. */
  readonly label: AppLabel | undefined;
}

const labelShape = /^([1-9][0-9]{0,4})--([a-z0-9](?:[a-z0-9-]*[a-z0-9])?)$/;
const shortShape = /^s--[0-9a-f]{32}$/;
const maxLabel = 63;

/** Reads `<port>--<workspace>`, a DNS label in lower case. Undefined for anything else, ports 0 and 65536 included. */
export const parseAppLabel = (label: string): AppLabel | undefined => {
  if (label.length > maxLabel) return undefined;
  const match = labelShape.exec(label);
  const [, digits = "", name = ""] = match ?? [];
  const port = Number(digits);
  if (!match || port > 65_535) return undefined;
  return shortShape.test(name) ? { port, short: name } : { port, workspace: name };
};

/**
 * Stands for a workspace whose name is too long for a DNS label or has other characters: `s--` and the first 32
 * hexadecimal digits of the SHA-256 of the name.
 */
export const shortName = (workspace: string): string => `s--${sha256(workspace).slice(0, 32)}`;

/** The label of an app: `<port>--<workspace>`, or with the short name where that is no DNS label. */
export const appLabel = (port: number, workspace: string): string => {
  const label = `${port}--${workspace}`;
  const parsed = parseAppLabel(label);
  return parsed && "workspace" in parsed ? label : `${port}--${shortName(workspace)}`;
};

/**
 * Builds the test for app hosts.
 * @param suffixes what may come behind the label, without a port: `localhost`, `k8shell.example.org`
 * @returns (when called with a `Host` value) undefined for hosts that are no app's. Everything with `--` below one of
 *   the suffixes is: what is no proper label there must not be taken for a name of the API
 */
export const createAppHosts = (suffixes: readonly string[]): ((host: string) => AppHost | undefined) => {
  const known = [...new Set(suffixes.map((suffix) => suffix.toLowerCase()))];
  return (given) => {
    if (!given.includes("--")) return undefined;
    const host = given.toLowerCase();
    const port = /:[0-9]{1,5}$/.exec(host)?.[0] ?? "";
    const name = host.slice(0, host.length - port.length);
    const plain = name.replace(/\.$/, "");
    for (const suffix of known) {
      if (!plain.endsWith(`.${suffix}`)) continue;
      const label = plain.slice(0, -suffix.length - 1);
      if (!label.includes("--")) continue;
      return { host, base: `${suffix}${port}`, label: name === plain ? parseAppLabel(label) : undefined };
    }
    return undefined;
  };
};
