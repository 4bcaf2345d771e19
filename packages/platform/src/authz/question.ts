import type { EntityJson } from "@cedar-policy/cedar-wasm/nodejs";
import type { Caller } from "./claims.ts";
import type { Person } from "./directory.ts";
import type { PolicyQuestion } from "./engine.ts";
import type { ParsedRequest } from "./request.ts";
import { entityTypes } from "./schema.ts";

/** The user a resource belongs to, if to anybody. */
export const ownerOf = ({ spec, id, attributes }: ParsedRequest): string | undefined => {
  if (spec.ownership === "attribute") return attributes.owner;
  return spec.ownership === "self" ? id : undefined;
};

const userEntity = (
  username: string,
  { org, idp, roles }: Pick<Person, "org" | "idp" | "roles">,
): EntityJson => ({
  uid: { type: "User", id: username },
  attrs: { username, ...(org && { org }), ...(idp && { idp }) },
  parents: roles.map((role) => ({ type: "Role", id: role })),
});

/** The organization a resource belongs to; that of an owned one is Identity's word, not the request's. */
const organizationOf = ({ spec, id, attributes }: ParsedRequest, owner: Person | Caller | undefined) => {
  if (spec.type === "org") return id;
  return owner ? owner.org : attributes.org;
};

/**
 * Puts a request into Cedar's terms (see `schemaText`).
 * @param owner what is known about the resource's owner; undefined when it has none
 */
export const toQuestion = (
  request: ParsedRequest,
  caller: Caller,
  owner: Person | Caller | undefined,
): PolicyQuestion => {
  const { spec, id, attributes } = request;
  const ownerName = ownerOf(request);
  const resource = { type: entityTypes[spec.type], id };
  const { app, blueprint, idp } = attributes;
  const org = organizationOf(request, owner);
  const attrs: EntityJson["attrs"] = {
    ...((org || spec.type === "org") && { org: org ?? "" }),
    ...(app && { app }),
    ...(blueprint && { blueprint }),
    ...(idp && { idp }),
    ...(ownerName && { owner: { __entity: { type: "User", id: ownerName } } }),
  };
  const entities: EntityJson[] = [userEntity(caller.username, caller), { uid: resource, attrs, parents: [] }];
  if (ownerName && ownerName !== caller.username)
    entities.push(userEntity(ownerName, owner ?? { roles: [] }));
  const context: Record<string, string | number> = {};
  for (const [name, value] of Object.entries(request.context)) {
    context[name] = spec.context[name]?.kind === "port" ? Number(value) : value;
  }
  return { principal: caller.username, action: spec.name, resource, context, entities };
};

/** The values of placeholders in obligations. */
export const placeholdersOf = (
  request: ParsedRequest,
  caller: Caller,
  owner: Person | Caller | undefined,
): Record<string, string | undefined> => {
  const { app, blueprint, idp } = request.attributes;
  const values: Record<string, string | undefined> = {
    "principal.username": caller.username,
    "principal.org": caller.org,
    "principal.idp": caller.idp,
    "resource.id": request.id,
    "resource.owner": ownerOf(request),
    "resource.org": organizationOf(request, owner),
    "resource.app": app,
    "resource.blueprint": blueprint,
    "resource.idp": idp,
  };
  for (const [name, value] of Object.entries(request.context)) values[`context.${name}`] = value;
  return values;
};
