import { create } from "@bufbuild/protobuf";
import { actions, type QueryPayloadJson, routes } from "@k8shell/contract";
import type { OnboardRule } from "@k8shell/contract/gen/identity/v1/types_pb.js";
import { FilterOp, FiltersSchema, Operator, type Payload } from "@k8shell/contract/gen/query/v1/query_pb.js";
import type { Backends } from "../backends/backends.ts";
import { ApiError } from "../http/api-error.ts";
import { type BoundRoute, bind, json, noContent } from "../http/handler.ts";
import { onboardRuleJson } from "./mapping/organization.ts";
import { descriptorJson, queryInit } from "./mapping/query.ts";
import { userJson } from "./mapping/user.ts";
import { checkGrantedRoles, listRestriction } from "./obligations.ts";

export interface OnboardRuleRoutesDeps {
  readonly backends: Backends;
}

type Obligations = Readonly<Record<string, string>>;

const pageSize = 100;

/**
 * A query held to one organization. Filters are one flat list, so a condition of our own can only join an AND; beside an
 * OR the organization goes where restrictions go that must hold whatever the filters say.
 */
const withinOrganization = (payload: Partial<QueryPayloadJson> | undefined, org: string): Payload => {
  const query = queryInit(payload, {});
  const conditions = query.filters?.conditions ?? [];
  if (query.filters?.op === FilterOp.OR && conditions.length > 1) {
    query.obligations = { org };
    return query;
  }
  query.filters = create(FiltersSchema, {
    op: FilterOp.AND,
    conditions: [...conditions, { field: "org", op: Operator.IN, values: [org] }],
  });
  return query;
};

/**
 * Rules of who may become a user, and the requests of those who wait (rest-contract 1.2). Identity knows rules by their
 * id alone: that one belongs to the organization of the path, which the decision was about, is made sure here.
 */
export const onboardRuleRoutes = ({ backends: { identity } }: OnboardRuleRoutesDeps): BoundRoute[] => {
  /** @throws ApiError not_found */
  const ruleOf = async (org: string, id: number): Promise<OnboardRule> => {
    for (let offset = 0; ; offset += pageSize) {
      const page = withinOrganization({ page: { limit: pageSize, offset } }, org);
      const { rules } = await identity.queryOnboardRules({ query: page });
      const found = rules.find((rule) => rule.id === id && rule.org === org);
      if (found) return found;
      if (rules.length < pageSize) throw new ApiError("not_found", `The organization has no rule ${id}.`);
    }
  };

  /** What a rule gives to those it lets in must be the caller's to give. */
  const checkGrant = (
    { roles = [], sudo = false }: { readonly roles?: readonly string[]; readonly sudo?: boolean },
    obligations: Obligations,
  ) => {
    checkGrantedRoles(roles, obligations);
    if (sudo && obligations.sudo === "false") {
      throw new ApiError("forbidden", "You may not give the right to sudo.");
    }
  };

  return [
    bind(routes.getOnboardRulesSchema, async () =>
      json(200, descriptorJson(await identity.getOnboardRulesQuerySchema({}))),
    ),

    bind(routes.queryOnboardRules, async ({ params: { org }, body, obligations }) => {
      const { org: only } = listRestriction(obligations);
      if (only !== undefined && only !== org) return json(200, []);
      const { rules } = await identity.queryOnboardRules({ query: withinOrganization(body, org) });
      return json(200, rules.filter((rule) => rule.org === org).map(onboardRuleJson));
    }),

    bind(routes.createOnboardRule, async ({ params: { org }, body, authorize }) => {
      const { idp, usernamePattern } = body;
      const resource = { type: "onboardrule", id: usernamePattern, attributes: { org, idp } } as const;
      checkGrant(body, await authorize(actions.onboardRuleCreate, resource));
      return json(201, onboardRuleJson(await identity.createOnboardRule({ ...body, org })));
    }),

    bind(routes.updateOnboardRule, async ({ params, body, obligations }) => {
      const { id } = await ruleOf(params.org, params.id);
      // All of them, not only new ones: the rule may be one that let nobody in until now.
      checkGrant(body, obligations);
      return json(200, onboardRuleJson(await identity.updateOnboardRule({ ...body, id })));
    }),

    bind(routes.deleteOnboardRule, async ({ params }) => {
      const { id } = await ruleOf(params.org, params.id);
      await identity.deleteOnboardRule({ id });
      return noContent();
    }),

    bind(routes.approveOnboardRequest, async ({ params, principal, obligations }) => {
      const rule = await ruleOf(params.org, params.id);
      checkGrant(rule, obligations);
      const { username: decidedBy } = principal;
      return json(200, userJson(await identity.approveOnboardRequest({ id: rule.id, decidedBy })));
    }),

    bind(routes.rejectOnboardRequest, async ({ params, body, principal }) => {
      const { id } = await ruleOf(params.org, params.id);
      const { username: decidedBy } = principal;
      const rejected = await identity.rejectOnboardRequest({ id, decidedBy, note: body?.note ?? "" });
      return json(200, onboardRuleJson(rejected));
    }),
  ];
};
