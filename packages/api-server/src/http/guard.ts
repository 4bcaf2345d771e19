import { isList, type RouteSpec } from "@k8shell/contract";
import type { ZodType } from "zod";
import { type Decision, namedWorkspaces, type Obligations } from "../authz/authorize.ts";
import { actionFor, hasPlaceholder } from "./action.ts";
import { readObject } from "./body.ts";
import { emptyIsAbsent, withoutEmpty } from "./empty-parameters.ts";
import {
  type BoundRoute,
  type Handler,
  type HandlerResult,
  handled,
  type ResolvedTarget,
} from "./handler.ts";
import { pageOf } from "./page.ts";
import type { PipelineDeps } from "./pipeline.ts";
import { createRequestContext, type GuardedCall } from "./request-context.ts";
import { createResolveTarget } from "./target.ts";
import { validate } from "./validate.ts";

/** Resolves to what the handler answered. @throws ApiError, or whatever the handler throws */
export type Guard = (call: GuardedCall) => Promise<HandlerResult>;

const noTarget: ResolvedTarget = Object.freeze({ workspace: undefined, username: undefined, job: undefined });
const noObligations: Obligations = Object.freeze({});

const isSchema = (body: RouteSpec["body"]): body is ZodType => typeof body === "object";

type Fields = Readonly<Record<string, unknown>>;
const fieldsOf = (value: unknown): Fields =>
  typeof value === "object" && value !== null ? (value as Fields) : {};

/** What a request for a list asked for of it. @throws ApiError invalid_parameter */
const pagesOf = (result: HandlerResult, query: Fields): HandlerResult => {
  if (result === handled || !Array.isArray(result.body)) return result;
  const page = pageOf(result.body, query);
  return page ? { ...result, body: page.items, headers: page.headers } : result;
};

/** A list of which only the items of some workspaces are left. */
const itemsOf = (result: HandlerResult, field: string, workspaces: ReadonlySet<string>): HandlerResult => {
  if (result === handled || !Array.isArray(result.body))
    throw new Error("what names workspaces is not a list");
  return { ...result, body: result.body.filter((item) => workspaces.has(String(fieldsOf(item)[field]))) };
};

/**
 * The way from a known caller to the handler's answer: resolve the target, authorize (policy, then scope), validate,
 * handle. The same for requests and for subscriptions of the event socket. Waits only for what is not known at once: each wait
 * costs a request turns of the microtask queue, and most requests are answered from memory.
 */
export const compileGuard = ({ spec, handler }: BoundRoute, deps: PipelineDeps): Guard => {
  const { lookup, signals, live, bodyLimits, log, clientAddress } = deps;
  // Taken out once: declarations have many shapes, and looking into them costs each request.
  const { permission, params: paramsSchema, query: querySchema, workspaceField, operationId } = spec;
  const kinds = Object.values(spec.responses);
  const bodySchema = isSchema(spec.body) ? spec.body : undefined;
  const mayBeEmpty = emptyIsAbsent(querySchema);
  const comesInPages = isList(spec);
  const isEndless =
    kinds.includes("event-stream") || kinds.includes("ndjson") || spec.alternative === "event-stream";
  const resolve = permission.kind === "action" ? createResolveTarget(spec, permission, lookup) : undefined;
  const fixedAction =
    permission.kind === "action" && !hasPlaceholder(permission) ? actionFor(permission, {}, {}) : undefined;
  // Whose collection it is may stand in the body; then that must be read before the decision.
  const bodyDecides =
    bodySchema !== undefined && permission.kind === "action" && permission.target === "collection";
  // The context has the types of this route's own schemas, which only `bind` can see.
  const handle = handler as unknown as Handler;
  const constants = { spec, endless: isEndless, signals, clientAddress, live, recheck: deps.recheck, log };
  const readBody = ({ request, acceptBody }: GuardedCall): Promise<unknown> => {
    acceptBody();
    return readObject(request.raw, bodyLimits);
  };

  return async (call) => {
    const { request, principal } = call;
    const params = paramsSchema ? validate(paramsSchema, request.params, "path") : undefined;
    const pathFields = fieldsOf(params ?? request.params);
    let body: unknown;
    let bodyIsValid = false;
    if (bodyDecides && bodySchema) {
      body = await readBody(call);
      if (typeof fieldsOf(body).username !== "string") {
        body = validate(bodySchema, body, "body");
        bodyIsValid = true;
      }
    }

    let target = noTarget;
    let obligations = noObligations;
    let decision: Decision | undefined;
    if (permission.kind === "action" && resolve && principal) {
      const found = resolve({ principal, params: pathFields, query: fieldsOf(request.query), body });
      const resolved = found instanceof Promise ? await found : found;
      target = resolved.target;
      const action = fixedAction ?? actionFor(permission, pathFields, fieldsOf(request.query));
      const { resource } = resolved;
      decision = { action, resource };
      const answer = call.authorize(principal, action, resource, request.id);
      obligations = answer instanceof Promise ? await answer : answer;
    }

    const query = querySchema
      ? validate(querySchema, withoutEmpty(request.query, mayBeEmpty), "query")
      : undefined;
    if (bodySchema && !bodyIsValid) {
      if (!bodyDecides) body = await readBody(call);
      body = validate(bodySchema, body, "body");
    }

    const guarded = { params, pathFields, query, body, target, decision, obligations };
    const context = createRequestContext(constants, call, guarded);
    const answering = handle(context);
    const result = answering instanceof Promise ? await answering : answering;
    if (!context.decided) {
      // A handler that answered without asking is a defect; what it found must not leave.
      throw new Error(`${operationId} answered without an authorization decision`);
    }
    const only =
      workspaceField && principal && decision
        ? namedWorkspaces(principal, decision.action, decision.resource)
        : undefined;
    const answer = workspaceField && only ? itemsOf(result, workspaceField, only) : result;
    return comesInPages ? pagesOf(answer, fieldsOf(request.query)) : answer;
  };
};
