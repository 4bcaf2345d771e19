import { ownPolicyFacts, policyFactsHeader } from "@k8shell/contract";
import type { EvaluateRequest } from "@k8shell/contract/gen/authz/v1/authz_pb.js";
import { type CallContext, Code, RpcError } from "@k8shell/rpc";
import { z } from "zod";

const sent = z.array(z.record(z.string(), z.string()).nullable()).max(1000);
const none: z.infer<typeof sent> = [];

/**
 * The facts that a gateway of this project sends beside its questions, which the request messages have no place for.
 * @throws RpcError InvalidArgument when they cannot be read: a policy that would forbid by them must not be passed by
 */
export const ownFactsOf = ({ metadata }: CallContext): z.infer<typeof sent> => {
  const text = metadata[policyFactsHeader];
  if (text === undefined) return none;
  try {
    return sent.parse(JSON.parse(Buffer.from(text, "base64url").toString("utf8")));
  } catch (cause) {
    throw new RpcError(Code.InvalidArgument, `contract violation: ${policyFactsHeader} cannot be read`, {
      cause,
    });
  }
};

/** A question with the facts that belong to it; what it says itself counts. */
export const withFacts = (
  request: EvaluateRequest,
  facts: Readonly<Record<string, string>> | null | undefined,
): EvaluateRequest => {
  const names = Object.hasOwn(ownPolicyFacts, request.action) ? ownPolicyFacts[request.action] : undefined;
  if (!facts || !names) return request;
  const known = Object.entries(facts).filter(([name]) => names.includes(name));
  return { ...request, context: { ...Object.fromEntries(known), ...request.context } };
};
