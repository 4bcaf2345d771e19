import { ownPolicyFacts, policyFactsHeader } from "@k8shell/contract";

type Facts = Readonly<Record<string, string>>;

/** A context in two parts: what the platform's policies know, and what only this project's do. */
export interface SplitContext {
  readonly context: Facts;
  readonly own: Facts | undefined;
}

const nothing: Facts = Object.freeze({});

/** Splits the context of an action's question. */
export const splitContext = (action: string, context: Facts = nothing): SplitContext => {
  const names = Object.hasOwn(ownPolicyFacts, action) ? ownPolicyFacts[action] : undefined;
  if (!names?.some((name) => Object.hasOwn(context, name))) return { context, own: undefined };
  const entries = Object.entries(context);
  return {
    context: Object.fromEntries(entries.filter(([name]) => !names.includes(name))),
    own: Object.fromEntries(entries.filter(([name]) => names.includes(name))),
  };
};

/** Metadata with the facts of each question of a call, in their order; none when there are none. */
export const factsMetadata = (facts: readonly (Facts | undefined)[]): Facts =>
  facts.every((one) => one === undefined)
    ? nothing
    : {
        [policyFactsHeader]: Buffer.from(JSON.stringify(facts.map((one) => one ?? null))).toString(
          "base64url",
        ),
      };
