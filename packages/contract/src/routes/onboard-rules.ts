import { z } from "zod";
import { route } from "../route.ts";
import {
  name,
  onboardRule,
  onboardRuleCreateRequest,
  onboardRuleRejectRequest,
  onboardRuleUpdateRequest,
  queryDescriptor,
  queryPayload,
  user,
} from "../schemas/index.ts";
import { actions } from "./actions.ts";

const tag = "Onboarding";
const ofOrganization = z.object({ org: name });
const params = z.object({ org: name, id: z.coerce.number().int().min(1).max(0x7fff_ffff) });
const errors = { 404: "the organization has no such rule" };
const notPending = { 404: "no request is pending under that id" };

export const onboardRuleRoutes = {
  getOnboardRulesSchema: route({
    method: "GET",
    path: "/organizations/:org/onboard-rules/_schema",
    operationId: "getOnboardRulesSchema",
    tag,
    summary: "Fields that onboarding rules can be queried by",
    permission: actions.onboardRuleList,
    params: ofOrganization,
    responses: { 200: queryDescriptor },
  }),
  queryOnboardRules: route({
    method: "POST",
    path: "/organizations/:org/onboard-rules/_query",
    operationId: "queryOnboardRules",
    tag,
    summary: "Query the onboarding rules of an organization",
    description: "Requests of people who wait for approval are among them, with the status `pending`.",
    permission: actions.onboardRuleList,
    params: ofOrganization,
    body: queryPayload.optional(),
    responses: { 200: z.array(onboardRule) },
  }),
  createOnboardRule: route({
    method: "POST",
    path: "/organizations/:org/onboard-rules",
    operationId: "createOnboardRule",
    tag,
    summary: "Create an onboarding rule",
    permission: {
      kind: "dynamic",
      why: "the resource is the rule that the body describes",
      actions: [actions.onboardRuleCreate],
    },
    params: ofOrganization,
    body: onboardRuleCreateRequest,
    responses: { 201: onboardRule },
  }),
  updateOnboardRule: route({
    method: "PATCH",
    path: "/organizations/:org/onboard-rules/:id",
    operationId: "updateOnboardRule",
    tag,
    summary: "Replace an onboarding rule",
    description: "What is left out is emptied; whom the rule is about stays.",
    permission: actions.onboardRuleUpdate,
    params,
    body: onboardRuleUpdateRequest,
    responses: { 200: onboardRule },
    errors,
  }),
  deleteOnboardRule: route({
    method: "DELETE",
    path: "/organizations/:org/onboard-rules/:id",
    operationId: "deleteOnboardRule",
    tag,
    summary: "Delete an onboarding rule",
    permission: actions.onboardRuleDelete,
    params,
    responses: { 204: "none" },
    errors,
  }),
  approveOnboardRequest: route({
    method: "POST",
    path: "/organizations/:org/onboard-rules/:id/approve",
    operationId: "approveOnboardRequest",
    tag,
    summary: "Let somebody in who waits for it",
    description: "Creates the user at once.",
    permission: actions.onboardRuleUpdate,
    params,
    responses: { 200: user },
    errors: { ...notPending, 409: "the username or e-mail address is taken" },
  }),
  rejectOnboardRequest: route({
    method: "POST",
    path: "/organizations/:org/onboard-rules/:id/reject",
    operationId: "rejectOnboardRequest",
    tag,
    summary: "Turn somebody down who waits",
    permission: actions.onboardRuleUpdate,
    params,
    body: onboardRuleRejectRequest.optional(),
    responses: { 200: onboardRule },
    errors: notPending,
  }),
} as const;
