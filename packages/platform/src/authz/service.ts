import { create } from "@bufbuild/protobuf";
import type { Log } from "@k8shell/contract";
import { policyFactsHeader } from "@k8shell/contract";
import {
  type AuthzService,
  BatchEvaluateResponseSchema,
  type EvaluateRequest,
  type EvaluateResponse,
} from "@k8shell/contract/gen/authz/v1/authz_pb.js";
import type { Descriptor, Payload } from "@k8shell/contract/gen/query/v1/query_pb.js";
import { type CallContext, Code, RpcError, type ServiceImpl } from "@k8shell/rpc";
import type { AuditLog } from "./audit/audit-log.ts";
import type { AuditStore } from "./audit/audit-store.ts";
import type { Caller } from "./claims.ts";
import type { Decider, Decision } from "./decider.ts";
import { ownFactsOf, withFacts } from "./own-facts.ts";
import { type ParsedRequest, parseRequest } from "./request.ts";

/** Most questions of one BatchEvaluate: several times the platform's whole list of probes. */
const maxBatch = 1000;

export interface AuthzServiceDeps {
  readonly readClaims: (token: string) => Caller;
  readonly decider: Decider;
  readonly audit: AuditLog;
  readonly store: AuditStore;
  readonly descriptor: Descriptor;
  readonly log: Log;
}

/** The id under which the caller logs its own request, to find a decision by. */
const requestIdOf = ({ metadata }: CallContext): string => (metadata["x-request-id"] ?? "").slice(0, 128);

/** The service as Authz's clients see it (grpc-behaviour section 8). */
export const authzService = (deps: AuthzServiceDeps): ServiceImpl<typeof AuthzService> => {
  const { readClaims, decider, audit, store, descriptor, log } = deps;

  const parse = (request: EvaluateRequest, caller: Caller, capabilityCheck: boolean): ParsedRequest => {
    try {
      return parseRequest(request, { capabilityCheck, caller });
    } catch (error) {
      log.warn({ action: request.action.slice(0, 80), error }, "a caller broke the contract of Authz");
      throw error;
    }
  };

  const evaluate = (
    request: EvaluateRequest,
    context: CallContext,
    capabilityCheck: boolean,
  ): EvaluateResponse | Promise<EvaluateResponse> => {
    const began = performance.now();
    const caller = readClaims(request.token);
    const parsed = parse(request, caller, capabilityCheck);
    const finish = (decision: Decision): EvaluateResponse => {
      if (!capabilityCheck) {
        audit.record({
          caller,
          request: parsed,
          decision,
          patPreview: request.patPreview,
          requestId: requestIdOf(context),
          durationUs: Math.round((performance.now() - began) * 1000),
        });
      }
      return decision.response;
    };
    const decided = decider.decide(caller, parsed);
    return decided instanceof Promise ? decided.then(finish) : finish(decided);
  };

  const query = async (payload: Payload | undefined) => {
    await audit.flush();
    return store.query(payload);
  };

  return {
    evaluate(request, context) {
      const [facts] = ownFactsOf(context);
      if (facts) context.sendHeaders({ [policyFactsHeader]: "read" });
      return evaluate(withFacts(request, facts), context, false);
    },
    async batchEvaluate({ requests, capabilityCheck }, context) {
      if (requests.length > maxBatch) {
        throw new RpcError(Code.InvalidArgument, `contract violation: more than ${maxBatch} requests`);
      }
      const facts = ownFactsOf(context);
      const responses = await Promise.all(
        requests.map(async (request, index) =>
          evaluate(withFacts(request, facts[index]), context, capabilityCheck),
        ),
      );
      return create(BatchEvaluateResponseSchema, { responses });
    },
    getAuditQuerySchema: () => descriptor,
    queryAudit: async (request) => ({ records: await query(request.query) }),
  };
};
