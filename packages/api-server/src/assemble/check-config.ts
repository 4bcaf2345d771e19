import { type Config, defaultConfig, loadConfig } from "../config/config.ts";
import { ConfigError } from "../config/config-error.ts";
import { examineConfig } from "../config/doctor/examine.ts";
import { type Finding, formatFinding } from "../config/doctor/finding.ts";
import { formatConfig } from "../config/effective.ts";
import { publicOrigins } from "./settings.ts";
import { signInProviders } from "./sign-in.ts";

export interface ConfigCheck {
  /** The effective configuration as YAML, secrets masked. */
  readonly yaml: string;
  /** What the doctor finds and the verdict, a line each. */
  readonly report: string;
  /** Would the server start with it? */
  readonly isUsable: boolean;
}

/** What only the services that use it can tell. */
const mistakesOf = async (config: Config): Promise<string[]> => {
  try {
    publicOrigins(config);
    if (config.identity.address === undefined) {
      const { providerConfigSchema } = await import("@k8shell/platform/identity/index.ts");
      signInProviders(config, providerConfigSchema);
    }
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return [error.message];
    throw error;
  }
};

const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? "" : "s"}`;

/** What a start would be given. */
export interface CheckedStart {
  /** Configuration file; absent: all defaults. */
  readonly file: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Address and port of flags or the environment, which win over the file. */
  readonly host: string | undefined;
  readonly port: number | undefined;
}

const verdict = (mistakes: number, warnings: number): string =>
  mistakes === 0
    ? `The configuration can be used (${count(warnings, "warning")}).`
    : `The configuration cannot be used: ${count(mistakes, "mistake")}, ${count(warnings, "warning")}.`;

const report = (refusals: readonly string[], warnings: readonly string[]): string =>
  [
    ...refusals.map((line) => `refused: ${line}`),
    ...warnings.map((line) => `warning: ${line}`),
    verdict(refusals.length, warnings.length),
  ].join("\n");

/** Examines a configuration without starting anything. */
export const checkConfig = async ({ file, env, host, port }: CheckedStart): Promise<ConfigCheck> => {
  const warnings: string[] = [];
  let config: Config;
  try {
    config = file === undefined ? defaultConfig() : loadConfig(file, env, (text) => warnings.push(text));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { yaml: "", report: report(error.message.split("\n"), warnings), isUsable: false };
  }
  const http = { ...config.http, bind: host ?? config.http.bind, port: port ?? config.http.port };
  const findings = examineConfig({ config, host: http.bind, port: http.port });
  const linesOf = (severity: Finding["severity"]) =>
    findings.filter((finding) => finding.severity === severity).map(formatFinding);
  const refusals = [...(await mistakesOf(config)), ...linesOf("refused")];
  return {
    yaml: formatConfig({ ...config, http }),
    report: report(refusals, [...warnings, ...linesOf("warning")]),
    isUsable: refusals.length === 0,
  };
};
