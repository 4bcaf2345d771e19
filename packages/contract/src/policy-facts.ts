/**
 * Context of policy questions that only this project's own policies know, by action. It travels as metadata of the call,
 * in `policyFactsHeader`: the platform's Authz documents what it takes of each action (grpc-behaviour section 8), and may
 * refuse anything else as a breach of contract.
 */
export const ownPolicyFacts: Readonly<Record<string, readonly string[]>> = {
  "workspace:files": ["operation", "path", "destination"],
  "workspace:connect": ["share", "terminal_role"],
};

/**
 * Base64url of a JSON list: for each question of the call in turn an object of facts, or null. A service that decides by
 * them says so with a header of this name before its answer; of one that does not, nothing is asked again only because
 * facts differ.
 */
export const policyFactsHeader = "x-k8shell-facts";
