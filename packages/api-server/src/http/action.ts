import type { ActionPermission } from "@k8shell/contract";
import type { Action } from "../authz/authorize.ts";
import { normalPath } from "../files/normal-path.ts";

type Fields = Readonly<Record<string, unknown>>;

const placeholder = /\{(\w+)\}/g;
const queryPath = /^\{\?(\w+)\}$/;

/** A context value: the workspace path of a query parameter, or a template over the path's parameters. */
const contextValue = (template: string, params: Fields, query: Fields): string => {
  const [, parameter] = queryPath.exec(template) ?? [];
  if (parameter === undefined) return fill(template, params);
  const path = query[parameter];
  return typeof path === "string" ? normalPath(path) : "";
};

/** `template` with the path's parameters in place of `{name}`. */
export const fill = (template: string, params: Fields): string =>
  template.includes("{")
    ? template.replace(placeholder, (_, name: string) => String(params[name] ?? ""))
    : template;

/** The action of a declaration, filled in from the path's and the query's parameters. */
export const actionFor = (permission: ActionPermission, params: Fields, query: Fields): Action => {
  const { context } = permission;
  return {
    package: permission.package,
    action: permission.action,
    scope: fill(permission.scope, params),
    context:
      context &&
      Object.fromEntries(
        Object.entries(context).map(([key, text]) => [key, contextValue(text, params, query)]),
      ),
  };
};

export const hasPlaceholder = ({ scope, context = {} }: ActionPermission): boolean =>
  scope.includes("{") || Object.values(context).some((text) => text.includes("{"));
