import type { ActionPermission } from "@k8shell/contract";
import type { Action } from "../authz/authorize.ts";

type Fields = Readonly<Record<string, unknown>>;

const placeholder = /\{(\w+)\}/g;

/** `template` with the path's parameters in place of `{name}`. */
export const fill = (template: string, params: Fields): string =>
  template.includes("{")
    ? template.replace(placeholder, (_, name: string) => String(params[name] ?? ""))
    : template;

/** The action of a declaration, filled in. */
export const actionFor = (permission: ActionPermission, params: Fields): Action => {
  const { context } = permission;
  return {
    package: permission.package,
    action: permission.action,
    scope: fill(permission.scope, params),
    context:
      context && Object.fromEntries(Object.entries(context).map(([key, text]) => [key, fill(text, params)])),
  };
};

export const hasPlaceholder = ({ scope, context = {} }: ActionPermission): boolean =>
  scope.includes("{") || Object.values(context).some((text) => text.includes("{"));
