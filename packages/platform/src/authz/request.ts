import type { EvaluateRequest, Resource } from "@k8shell/contract/gen/authz/v1/authz_pb.js";
import { Code, RpcError } from "@k8shell/rpc";
import { type ActionSpec, actions, type ContextField } from "./actions.ts";

/** Longest value of any field but the token, in UTF-16 units. */
const maxLength = 4096;
const maxTokenLength = 32_768;

/** A request about one documented action, with everything the action requires and nothing else. */
export interface ParsedRequest {
  readonly spec: ActionSpec;
  readonly id: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly context: Readonly<Record<string, string>>;
  /** Equal for requests that only differ in who asks. */
  readonly key: string;
}

export interface ParseOptions {
  /** A probe of what would be allowed: the id `*` and what is left out mean the caller's own. */
  capabilityCheck: boolean;
  caller: { readonly username: string; readonly org?: string; readonly idp?: string };
}

const violation = (what: string): RpcError =>
  new RpcError(Code.InvalidArgument, `contract violation: ${what}`);

const checkText = (value: string, name: string, limit = maxLength): string => {
  if (value.length > limit) throw violation(`${name} is too long`);
  if (!value.isWellFormed()) throw violation(`${name} is not valid Unicode`);
  return value;
};

const own = (map: Readonly<Record<string, string>>, key: string): string | undefined =>
  Object.hasOwn(map, key) ? map[key] : undefined;

const checkContextValue = (field: ContextField, name: string, value: string): void => {
  if (field.kind === "string") return;
  if (field.kind === "port") {
    if (!/^\d{1,5}$/.test(value) || Number(value) > 65_535) throw violation(`context ${name} is not a port`);
  } else if (!field.kind.includes(value)) {
    throw violation(`context ${name} must be one of ${field.kind.join(", ")}`);
  }
};

const parseContext = (spec: ActionSpec, given: Readonly<Record<string, string>>): Record<string, string> => {
  const context: Record<string, string> = {};
  for (const [name, field] of Object.entries(spec.context)) {
    const value = own(given, name);
    if (value === undefined || value === "") {
      const needed = field.required || (field.when && own(given, field.when.field) === field.when.is);
      if (needed) throw violation(`${spec.name} needs context ${name}`);
      continue;
    }
    checkContextValue(field, name, checkText(value, `context ${name}`));
    context[name] = value;
  }
  return context;
};

/** What a probe means where it names nobody. */
const defaultsOf = ({ capabilityCheck, caller }: ParseOptions): Readonly<Record<string, string>> =>
  capabilityCheck ? { owner: caller.username, org: caller.org ?? "", idp: caller.idp ?? "local" } : {};

const parseAttributes = (
  spec: ActionSpec,
  given: Readonly<Record<string, string>>,
  defaults: Readonly<Record<string, string>>,
): Record<string, string> => {
  const attributes: Record<string, string> = {};
  const take = (name: string, value: string | undefined): string => {
    const text = checkText(value ?? "", `attribute ${name}`);
    if (text !== "") attributes[name] = text;
    return text;
  };
  for (const name of spec.required) {
    if (take(name, own(given, name) || own(defaults, name)) !== "") continue;
    // The probe of somebody without an organization stands for no organization at all.
    if (!Object.hasOwn(defaults, name)) throw violation(`${spec.name} needs attribute ${name}`);
  }
  for (const name of spec.keyed) {
    const value = own(given, name) ?? own(defaults, name);
    if (value === undefined) throw violation(`${spec.name} needs attribute ${name}`);
    take(name, value);
  }
  for (const name of spec.optional) take(name, own(given, name));
  return attributes;
};

const parseId = (spec: ActionSpec, resource: Resource, options: ParseOptions): string => {
  if (spec.id === "none") return "";
  const { id } = resource;
  checkText(id, "resource id");
  if (spec.id === "required" && id === "") throw violation(`${spec.name} needs a resource id`);
  if (!options.capabilityCheck || id !== "*") return id;
  if (spec.type === "org") return options.caller.org ?? id;
  if (spec.ownership !== "self") return id;
  return checkText(own(resource.attributes, "owner") || options.caller.username, "attribute owner");
};

const part = (value: string): string => `${value.length}:${value}`;

/** Lengths go before values, so that no two requests share a key. */
const keyOf = (
  spec: ActionSpec,
  id: string,
  attributes: Record<string, string>,
  context: Record<string, string>,
): string => {
  let key = `${spec.name} ${part(id)}`;
  for (const name in attributes) key += ` ${name}=${part(attributes[name] ?? "")}`;
  key += " |";
  for (const name in context) key += ` ${name}=${part(context[name] ?? "")}`;
  return key;
};

/** @throws RpcError InvalidArgument when the token cannot be a token at all */
export const checkToken = (token: string): string => checkText(token, "token", maxTokenLength);

/**
 * Checks a request against the documented contract of its action. Attributes and context that the action does not
 * define are left out, so they can change neither a decision nor the audit log.
 * @throws RpcError InvalidArgument naming the violation
 */
export const parseRequest = (request: EvaluateRequest, options: ParseOptions): ParsedRequest => {
  const spec = actions.get(request.action);
  if (!spec) throw violation(`unknown action ${JSON.stringify(request.action.slice(0, 80))}`);
  if (request.package !== spec.package) throw violation(`${spec.name} belongs to package ${spec.package}`);
  const { resource } = request;
  if (!resource) throw violation(`${spec.name} needs a resource`);
  if (resource.type !== spec.type) throw violation(`${spec.name} is about a resource of type ${spec.type}`);
  checkText(request.patPreview, "pat_preview", 64);
  const id = parseId(spec, resource, options);
  const attributes = parseAttributes(spec, resource.attributes, defaultsOf(options));
  const ofOne = spec.name === "session:list" && id !== "" && !options.capabilityCheck;
  if (ofOne && attributes.owner === undefined) {
    throw violation("session:list of one workspace needs attribute owner");
  }
  const context = parseContext(spec, request.context);
  return { spec, id, attributes, context, key: keyOf(spec, id, attributes, context) };
};
