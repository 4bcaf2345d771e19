import { randomUUID } from "node:crypto";
import {
  type EntityJson,
  preparsePolicySet,
  preparseSchema,
  statefulIsAuthorized,
} from "@cedar-policy/cedar-wasm/nodejs";
import { compilePolicies, type PolicyFile, type PolicyInfo } from "./policy-set.ts";
import { schemaText } from "./schema.ts";

/** A question in Cedar's terms. */
export interface PolicyQuestion {
  readonly principal: string;
  readonly action: string;
  readonly resource: { readonly type: string; readonly id: string };
  readonly context: Record<string, string | number>;
  readonly entities: EntityJson[];
}

export interface PolicyAnswer {
  readonly allowed: boolean;
  /** The permits that allow, or the forbids that deny; none when nothing permits. */
  readonly determining: readonly PolicyInfo[];
  /** Set when a policy could not be evaluated, which denies. */
  readonly error?: string;
}

export interface PolicyEngine {
  /** @throws PolicyError; the engine then keeps the policies it has */
  load(files: readonly PolicyFile[]): void;
  decide(question: PolicyQuestion): PolicyAnswer;
}

/** Cedar with a compiled set of policies. Holds none, and so denies everything, until `load`. */
export const createPolicyEngine = (): PolicyEngine => {
  // Cedar keeps compiled policies per thread under a name: one for each engine.
  const name = randomUUID();
  const schema = schemaText();
  let infos: ReadonlyMap<string, PolicyInfo> = new Map();
  const install = (texts: Readonly<Record<string, string>>) => {
    const answer = preparsePolicySet(name, { staticPolicies: { ...texts } });
    if (answer.type === "failure") throw new Error(answer.errors[0]?.message);
  };
  const parsed = preparseSchema(name, schema);
  if (parsed.type === "failure") throw new Error(`the policy schema is broken: ${parsed.errors[0]?.message}`);
  install({});

  const broken = (error: string): PolicyAnswer => ({ allowed: false, determining: [], error });

  return {
    load(files) {
      const set = compilePolicies(files, schema);
      install(set.texts);
      infos = set.infos;
    },
    decide({ principal, action, resource, context, entities }) {
      const answer = statefulIsAuthorized({
        principal: { type: "User", id: principal },
        action: { type: "Action", id: action },
        resource: { type: resource.type, id: resource.id },
        context,
        entities,
        preparsedSchemaName: name,
        preparsedPolicySetId: name,
        validateRequest: true,
      });
      if (answer.type === "failure") return broken(answer.errors[0]?.message ?? "evaluation failed");
      const { decision, diagnostics } = answer.response;
      // Cedar skips a policy that fails. A skipped forbid must not open a door.
      const [failed] = diagnostics.errors;
      if (failed) return broken(`policy ${failed.policyId}: ${failed.error.message}`);
      // Cedar names them in no order; people shall be told the same reason every time.
      const reasons = new Set(diagnostics.reason);
      const determining = [...infos.values()].filter(({ id }) => reasons.has(id));
      return { allowed: decision === "allow", determining };
    },
  };
};
