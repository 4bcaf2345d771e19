import type { RoleInfo } from "@k8shell/sdk";
import type { May } from "../app/use-may.ts";

/** The names of a JSON list in an obligation; undefined when it limits nothing. */
const namesOf = (text: string | undefined): readonly string[] | undefined => {
  if (text === undefined) return undefined;
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) ? parsed.map(String) : undefined;
  } catch {
    return undefined;
  }
};

/**
 * Roles to choose from, in a form of tick boxes.
 * @param may whether roles may be given, and which
 * @param refusal words for a role that the caller may not give
 */
export const roleOptions = (roles: readonly RoleInfo[] | undefined, may: May, refusal: string) => {
  const given = namesOf(may.obligations.roles);
  return (roles ?? []).map(({ name, description }) => ({
    value: name,
    hint: description,
    refusal: given === undefined || given.includes("*") || given.includes(name) ? undefined : refusal,
  }));
};
