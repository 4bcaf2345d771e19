import { matchesGlob } from "../query/index.ts";

/** What decides about somebody nobody has seen before. */
export interface RuleMatch {
  readonly id: number;
  readonly idp: string;
  readonly username_pattern: string;
  readonly priority: number;
}

/**
 * The rule for a name at a provider: both patterns are globs; the lowest priority number decides, then the oldest rule.
 * @returns undefined when no rule matches, which refuses
 */
export const firstMatch = <Rule extends RuleMatch>(
  rules: readonly Rule[],
  who: { idp: string; username: string },
): Rule | undefined =>
  [...rules]
    .sort((a, b) => a.priority - b.priority || a.id - b.id)
    .find((rule) => matchesGlob(rule.idp, who.idp) && matchesGlob(rule.username_pattern, who.username));
