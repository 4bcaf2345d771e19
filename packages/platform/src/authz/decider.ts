import { create } from "@bufbuild/protobuf";
import type { Log } from "@k8shell/contract";
import { type EvaluateResponse, EvaluateResponseSchema } from "@k8shell/contract/gen/authz/v1/authz_pb.js";
import { LRUCache } from "lru-cache";
import type { Caller } from "./claims.ts";
import type { Directory, Person } from "./directory.ts";
import type { PolicyAnswer, PolicyEngine } from "./engine.ts";
import { collectObligations, highestRank } from "./obligations.ts";
import { ownerOf, placeholdersOf, toQuestion } from "./question.ts";
import type { ParsedRequest } from "./request.ts";

/** A decision, ready to be sent. The response must not be changed: it is shared by all who ask the same. */
export interface Decision {
  readonly response: EvaluateResponse;
  /** Why policies could not be followed, for the log and the audit; such a decision is always a denial. */
  readonly error?: string;
}

export interface Decider {
  /** Decides now when it knows everything, later when it must ask Identity. */
  decide(caller: Caller, request: ParsedRequest): Decision | Promise<Decision>;
  /** Forgets every decision: the policies have changed. */
  forget(): void;
}

export interface DeciderDeps {
  readonly engine: PolicyEngine;
  readonly directory: Directory;
  /** How long a decision is believed, milliseconds. */
  readonly ttlMs: number;
  readonly log: Log;
}

const decision = (
  allowed: boolean,
  reason: string,
  obligations: Record<string, string> = {},
  error?: string,
): Decision => ({ response: create(EvaluateResponseSchema, { allowed, reason, obligations }), error });

const denial = ({ spec }: ParsedRequest, answer: PolicyAnswer): Decision => {
  const said = answer.determining.find((policy) => policy.reason !== undefined)?.reason;
  return decision(false, said ?? `You are not allowed to ${spec.phrase}.`, {}, answer.error);
};

/** Decides by policy, remembering decisions for a short time. */
export const createDecider = ({ engine, directory, ttlMs, log }: DeciderDeps): Decider => {
  const known = new LRUCache<string, Decision>({ max: 20_000, ttl: ttlMs });
  let generation = 0;

  const permission = async (
    request: ParsedRequest,
    caller: Caller,
    owner: Person | Caller | undefined,
    answer: PolicyAnswer,
  ): Promise<Decision> => {
    const deciding = highestRank(answer.determining);
    const reason = deciding.find((policy) => policy.reason !== undefined)?.reason ?? "";
    try {
      const obligations = await collectObligations(deciding, {
        text: placeholdersOf(request, caller, owner),
        organizationRoles: async () => (caller.org ? directory.organizationRoles(caller.org) : []),
      });
      return decision(true, reason, obligations);
    } catch (error) {
      const text = error instanceof Error ? error.message : "an obligation failed";
      return denial(request, { allowed: false, determining: [], error: text });
    }
  };

  const decideWith = async (
    request: ParsedRequest,
    caller: Caller,
    owner: Person | Caller | undefined,
  ): Promise<Decision> => {
    let answer: PolicyAnswer;
    try {
      answer = engine.decide(toQuestion(request, caller, owner));
    } catch (error) {
      answer = { allowed: false, determining: [], error: String(error) };
    }
    const made = answer.allowed ? await permission(request, caller, owner, answer) : denial(request, answer);
    if (made.error !== undefined) {
      log.error({ action: request.spec.name, error: made.error }, "policies could not be followed; denied");
    }
    return made;
  };

  const decideAfresh = async (key: string, caller: Caller, request: ParsedRequest): Promise<Decision> => {
    const began = generation;
    const ownerName = ownerOf(request);
    const owner =
      ownerName === undefined
        ? undefined
        : ownerName === caller.username
          ? caller
          : await directory.person(ownerName);
    const made = await decideWith(request, caller, owner);
    const uncertain = owner !== undefined && "uncertain" in owner && owner.uncertain;
    if (!uncertain && made.error === undefined && generation === began) known.set(key, made);
    return made;
  };

  return {
    decide(caller, request) {
      const key = `${caller.key} ${request.key}`;
      return known.get(key) ?? decideAfresh(key, caller, request);
    },
    forget() {
      generation++;
      known.clear();
    },
  };
};
