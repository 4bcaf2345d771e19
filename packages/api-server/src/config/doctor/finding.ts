import type { Config } from "../config.ts";

/** Something in a configuration that is unsafe or cannot work, in words for the operator. */
export interface Finding {
  /** `refused`: the server does not start. `warning`: it starts, and says so. */
  readonly severity: "refused" | "warning";
  /** The key it is about, e.g. `http.cookie.secure`. */
  readonly key: string;
  /** What is wrong, and what comes of it. */
  readonly problem: string;
  /** What to write instead. */
  readonly fix: string;
}

/** What rules look at. */
export interface Situation {
  readonly config: Config;
  /** Address listened on: of a flag, the environment, or the configuration. */
  readonly host: string;
  /** Port listened on, 0 for a free one. */
  readonly port: number;
}

/** One idea of what may be wrong. May read the files that the configuration names. */
export type Rule = (situation: Situation) => readonly Finding[];

export const refused = (key: string, problem: string, fix: string): Finding => ({
  severity: "refused",
  key,
  problem,
  fix,
});

export const warning = (key: string, problem: string, fix: string): Finding => ({
  severity: "warning",
  key,
  problem,
  fix,
});

/** A finding on one line. */
export const formatFinding = ({ key, problem, fix }: Finding): string => `${key}: ${problem}. ${fix}.`;
