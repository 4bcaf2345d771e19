import { type CapabilityJson, routes, scopeReach } from "@k8shell/contract";
import type { EvaluateResponse } from "@k8shell/contract/gen/authz/v1/authz_pb.js";
import { Code, RpcError } from "@k8shell/rpc";
import type { Principal } from "../../auth/principal.ts";
import { createRenewJwt } from "../../auth/renew-jwt.ts";
import type { Backends } from "../../backends/backends.ts";
import { findAnyUser } from "../../backends/find-user.ts";
import { type BoundRoute, json } from "../../http/handler.ts";
import { bindBoth, targetUser } from "../both.ts";
import { type Probe, type ProbeSubject, probeRequest, probes } from "./probes.ts";

export interface CapabilityRoutesDeps {
  readonly backends: Backends;
}

type Answer = Pick<EvaluateResponse, "allowed" | "reason" | "obligations">;

/** Every answer about somebody whose account has expired. */
const hasExpired: Answer = { allowed: false, reason: "The account has expired.", obligations: {} };

/**
 * Statuses with which a policy service may refuse a question that breaks its contract: which one is documented nowhere
 * (grpc-behaviour section 8), and a plain error of a service in Go is Unknown.
 */
const refusals: ReadonlySet<Code> = new Set([
  Code.InvalidArgument,
  Code.Unknown,
  Code.Internal,
  Code.NotFound,
  Code.FailedPrecondition,
  Code.OutOfRange,
  Code.Unimplemented,
]);

/** A probe that a policy service does not know or cannot build is left out of the report: it was not denied. */
const unevaluated = (error: unknown): undefined => {
  if (error instanceof RpcError && refusals.has(error.code)) return undefined;
  throw error;
};

/** What a caller's token leaves of a decision: policy and scope must both allow. */
const withScope = (
  probe: Probe,
  answer: Answer,
  principal: Principal | undefined,
  owned: boolean,
): CapabilityJson => {
  const { allowed, reason } = answer;
  const action = probe.name;
  const credential = principal?.credential;
  const reach = credential?.kind === "pat" ? scopeReach(credential.scopes, probe.scope, owned) : "everywhere";
  if (allowed && reach === undefined) {
    return { action, allowed: false, reason: `The access token lacks the scope ${probe.scope}.` };
  }
  const named: Record<string, string> =
    typeof reach === "object" ? { workspaces: JSON.stringify([...reach]) } : {};
  const obligations = { ...answer.obligations, ...named };
  return { action, allowed, reason, ...(Object.keys(obligations).length > 0 ? { obligations } : {}) };
};

/** `GET /me/capabilities` and its twin (rest-contract 2.9): a report for showing or hiding controls, never a permission. */
export const capabilityRoutes = ({ backends }: CapabilityRoutesDeps): BoundRoute[] => {
  const { authz } = backends;
  const issueJwt = createRenewJwt(backends);

  const ask = async (
    asked: readonly Probe[],
    subject: ProbeSubject,
    token: string | undefined,
  ): Promise<Array<Answer | undefined>> => {
    if (token === undefined) return asked.map(() => hasExpired);
    // Policy is disabled by the configuration: only scopes limit anybody.
    if (!authz) return asked.map(() => ({ allowed: true, reason: "", obligations: {} }));
    const requests = asked.map((probe) => probeRequest(probe, subject, token));
    let refusal: unknown;
    try {
      return (await authz.batchEvaluate({ requests, capabilityCheck: true })).responses;
    } catch (error) {
      refusal = error;
      unevaluated(error);
    }
    const one = async (request: (typeof requests)[number]): Promise<Answer | undefined> => {
      const { responses } = await authz.batchEvaluate({ requests: [request], capabilityCheck: true });
      return responses[0];
    };
    const answers = await Promise.all(requests.map((request) => one(request).catch(unevaluated)));
    // It was about no single question.
    if (answers.every((answer) => answer === undefined)) throw refusal;
    return answers;
  };

  /**
   * Who a report about somebody else is made for: Authz decides by token, so one is made that nobody else sees. There is none
   * for an account that has expired.
   */
  const stranger = async (
    username: string,
  ): Promise<{ subject: Omit<ProbeSubject, "owner">; token: string | undefined }> => {
    const { username: name, organization, source } = await findAnyUser(backends, username);
    return {
      subject: { username: name, org: organization, idp: source },
      token: await issueJwt(name, source),
    };
  };

  return bindBoth(routes.getUserCapabilities, routes.getMyCapabilities, async (context) => {
    const { principal } = context;
    const username = targetUser(context);
    const isCaller = username === principal.username;
    const about = isCaller
      ? { subject: { username, org: principal.org, idp: "local" }, token: principal.jwt }
      : await stranger(username);
    const owner = context.query.resource_owner ?? username;
    const asked = owner === username ? probes : probes.filter((probe) => !probe.selfOnly);
    const answers = await ask(asked, { ...about.subject, owner }, about.token);
    return json(
      200,
      asked.flatMap((probe, index) => {
        const answer = answers[index];
        return answer ? [withScope(probe, answer, isCaller ? principal : undefined, owner === username)] : [];
      }),
    );
  });
};
