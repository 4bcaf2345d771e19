import { z } from "zod";
import { route } from "../route.ts";
import { envVar, envVarCreateRequest, envVarKey, envVarUpdateRequest, name } from "../schemas/index.ts";
import { actions } from "./actions.ts";
import { forUser } from "./for-user.ts";

const tag = "Environment variables";
const ofOrganization = z.object({ org: name });
const ofOrganizationKey = z.object({ org: name, key: envVarKey });
const ofUserKey = z.object({ key: envVarKey });
const secretsOfUser = "The value of a secret is told to its owner only, here and nowhere else.";
const secretsOfOrganization = "Secrets come without their value.";
const orgErrors = { 404: "no such organization or variable" };
const userErrors = { 404: "no such user or variable" };
const taken = { 409: "there is a variable of that name" };

export const envVarRoutes = {
  listOrganizationEnvVars: route({
    method: "GET",
    path: "/organizations/:org/envvars",
    operationId: "listOrganizationEnvVars",
    tag,
    summary: "Variables of an organization",
    description: secretsOfOrganization,
    permission: actions.orgEnvVarRead,
    params: ofOrganization,
    watch: { everySeconds: 5 },
    responses: { 200: z.array(envVar) },
    errors: { 404: "no such organization" },
  }),
  createOrganizationEnvVar: route({
    method: "POST",
    path: "/organizations/:org/envvars",
    operationId: "createOrganizationEnvVar",
    tag,
    summary: "Create a variable of an organization",
    permission: actions.orgEnvVarWrite,
    params: ofOrganization,
    body: envVarCreateRequest,
    responses: { 201: envVar },
    errors: { 404: "no such organization", ...taken },
  }),
  getOrganizationEnvVar: route({
    method: "GET",
    path: "/organizations/:org/envvars/:key",
    operationId: "getOrganizationEnvVar",
    tag,
    summary: "A variable of an organization",
    description: secretsOfOrganization,
    permission: actions.orgEnvVarRead,
    params: ofOrganizationKey,
    responses: { 200: envVar },
    errors: orgErrors,
  }),
  updateOrganizationEnvVar: route({
    method: "PATCH",
    path: "/organizations/:org/envvars/:key",
    operationId: "updateOrganizationEnvVar",
    tag,
    summary: "Change a variable of an organization",
    description: "A secret becomes public only together with a new value.",
    permission: actions.orgEnvVarWrite,
    params: ofOrganizationKey,
    body: envVarUpdateRequest,
    responses: { 200: envVar },
    errors: orgErrors,
  }),
  deleteOrganizationEnvVar: route({
    method: "DELETE",
    path: "/organizations/:org/envvars/:key",
    operationId: "deleteOrganizationEnvVar",
    tag,
    summary: "Delete a variable of an organization",
    permission: actions.orgEnvVarWrite,
    params: ofOrganizationKey,
    responses: { 204: "none" },
    errors: orgErrors,
  }),
  ...forUser("list", "EnvVars", "/envvars", {
    method: "GET",
    tag,
    summary: "Variables of a user, and those of their organization",
    description: "Secrets come without their value.",
    permission: actions.readEnvVars,
    watch: { everySeconds: 5 },
    responses: { 200: z.array(envVar) },
    errors: { 404: "no such user" },
  }),
  ...forUser("create", "EnvVar", "/envvars", {
    method: "POST",
    tag,
    summary: "Create a variable of a user",
    permission: actions.writeEnvVars,
    body: envVarCreateRequest,
    responses: { 201: envVar },
    errors: { 404: "no such user", ...taken },
  }),
  ...forUser("get", "EnvVar", "/envvars/:key", {
    method: "GET",
    tag,
    summary: "A variable of a user",
    description: secretsOfUser,
    permission: actions.readEnvVars,
    params: ofUserKey,
    responses: { 200: envVar },
    errors: userErrors,
  }),
  ...forUser("update", "EnvVar", "/envvars/:key", {
    method: "PATCH",
    tag,
    summary: "Change a variable of a user",
    description: "A secret becomes public only together with a new value.",
    permission: actions.writeEnvVars,
    params: ofUserKey,
    body: envVarUpdateRequest,
    responses: { 200: envVar },
    errors: userErrors,
  }),
  ...forUser("delete", "EnvVar", "/envvars/:key", {
    method: "DELETE",
    tag,
    summary: "Delete a variable of a user",
    permission: actions.writeEnvVars,
    params: ofUserKey,
    responses: { 204: "none" },
    errors: userErrors,
  }),
} as const;
