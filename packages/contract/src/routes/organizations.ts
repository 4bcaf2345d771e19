import { z } from "zod";
import { route } from "../route.ts";
import {
  name,
  organization,
  organizationCreateRequest,
  organizationDeleteRequest,
  organizationUpdateRequest,
  queryDescriptor,
  queryPayload,
} from "../schemas/index.ts";
import { actions } from "./actions.ts";

const tag = "Organizations";
const params = z.object({ org: name });
const missing = { 404: "no such organization" };

export const organizationRoutes = {
  listOrganizations: route({
    method: "GET",
    path: "/organizations",
    operationId: "listOrganizations",
    tag,
    summary: "List the organizations that the caller may see",
    permission: actions.orgList,
    watch: { everySeconds: 5 },
    responses: { 200: z.array(organization) },
  }),
  createOrganization: route({
    method: "POST",
    path: "/organizations",
    operationId: "createOrganization",
    tag,
    summary: "Create an organization",
    permission: {
      kind: "dynamic",
      why: "the resource is the organization that the body names",
      actions: [actions.orgCreate],
    },
    body: organizationCreateRequest,
    responses: { 201: organization },
    errors: { 409: "there is an organization of that name" },
  }),
  getOrganizationsSchema: route({
    method: "GET",
    path: "/organizations/_schema",
    operationId: "getOrganizationsSchema",
    tag,
    summary: "Fields that organizations can be queried by",
    permission: actions.orgList,
    responses: { 200: queryDescriptor },
  }),
  queryOrganizations: route({
    method: "POST",
    path: "/organizations/_query",
    operationId: "queryOrganizations",
    tag,
    summary: "Query the organizations that the caller may see",
    permission: actions.orgList,
    body: queryPayload.optional(),
    responses: { 200: z.array(organization) },
  }),
  getOrganization: route({
    method: "GET",
    path: "/organizations/:org",
    operationId: "getOrganization",
    tag,
    summary: "An organization",
    permission: actions.orgRead,
    params,
    watch: { everySeconds: 5 },
    responses: { 200: organization },
    errors: missing,
  }),
  updateOrganization: route({
    method: "PATCH",
    path: "/organizations/:org",
    operationId: "updateOrganization",
    tag,
    summary: "Change an organization",
    permission: actions.orgUpdate,
    params,
    body: organizationUpdateRequest,
    responses: { 200: organization },
    errors: { ...missing, 409: "the organization is read-only" },
  }),
  deleteOrganization: route({
    method: "DELETE",
    path: "/organizations/:org",
    operationId: "deleteOrganization",
    tag,
    summary: "Delete an organization",
    description:
      "One with users needs a word about them: `moveUsersToOrg` moves them (the caller must be allowed to change the " +
      "organization of each), `preserveWorkspaces` alone deletes them (the caller must be allowed to delete each), and " +
      "their workspaces unless it is true. Workspaces of moved users are deleted only when it is false.",
    permission: actions.orgDelete,
    params,
    body: organizationDeleteRequest.optional(),
    responses: { 204: "none" },
    errors: { ...missing, 409: "the organization is read-only, or nothing was said about its users" },
  }),
} as const;
