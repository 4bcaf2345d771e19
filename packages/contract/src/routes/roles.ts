import { z } from "zod";
import { route } from "../route.ts";
import {
  name,
  roleBlueprintsRequest,
  roleCreateRequest,
  roleInfo,
  roleUpdateRequest,
} from "../schemas/index.ts";
import { actions } from "./actions.ts";

const tag = "Roles";
const ofOrganization = z.object({ org: name });
const params = z.object({ org: name, name });
const errors = { 404: "no such organization or role", 409: "global roles cannot be changed" };

export const roleRoutes = {
  listGlobalRoles: route({
    method: "GET",
    path: "/roles",
    operationId: "listGlobalRoles",
    tag,
    summary: "Roles that every organization has",
    permission: actions.roleList,
    watch: { everySeconds: 5 },
    responses: { 200: z.array(roleInfo) },
  }),
  listRoles: route({
    method: "GET",
    path: "/organizations/:org/roles",
    operationId: "listRoles",
    tag,
    summary: "Roles of an organization and global ones, as far as the caller may see them",
    permission: actions.roleList,
    params: ofOrganization,
    watch: { everySeconds: 5 },
    responses: { 200: z.array(roleInfo) },
    errors: { 404: "no such organization" },
  }),
  createRole: route({
    method: "POST",
    path: "/organizations/:org/roles",
    operationId: "createRole",
    tag,
    summary: "Create a role",
    permission: {
      kind: "dynamic",
      why: "the resource is the role that the body names",
      actions: [actions.roleCreate],
    },
    params: ofOrganization,
    body: roleCreateRequest,
    responses: { 201: roleInfo },
    errors: { 404: "no such organization", 409: "there is a role of that name" },
  }),
  updateRole: route({
    method: "PATCH",
    path: "/organizations/:org/roles/:name",
    operationId: "updateRole",
    tag,
    summary: "Change a role",
    permission: actions.roleUpdate,
    params,
    body: roleUpdateRequest,
    responses: { 200: roleInfo },
    errors,
  }),
  deleteRole: route({
    method: "DELETE",
    path: "/organizations/:org/roles/:name",
    operationId: "deleteRole",
    tag,
    summary: "Delete a role that nobody has",
    permission: actions.roleDelete,
    params,
    responses: { 204: "none" },
    errors: { ...errors, 409: "the role is global or in use" },
  }),
  addRoleBlueprints: route({
    method: "POST",
    path: "/organizations/:org/roles/:name/blueprints",
    operationId: "addRoleBlueprints",
    tag,
    summary: "Let those who have a role use more blueprints",
    permission: actions.roleUpdate,
    params,
    body: roleBlueprintsRequest,
    responses: { 200: roleInfo },
    errors,
  }),
  removeRoleBlueprints: route({
    method: "DELETE",
    path: "/organizations/:org/roles/:name/blueprints",
    operationId: "removeRoleBlueprints",
    tag,
    summary: "Take blueprints from a role",
    permission: actions.roleUpdate,
    params,
    body: roleBlueprintsRequest,
    responses: { 200: roleInfo },
    errors,
  }),
} as const;
