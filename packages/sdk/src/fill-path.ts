const parameter = /:(\w+)/g;

/**
 * Puts the path parameters of an operation's input into its path.
 * @param template e.g. `/api/v1/workspaces/:name`
 * @returns the path, and the fields that are not in it
 * @throws TypeError for a parameter that is missing
 */
export const fillPath = (
  template: string,
  input: Readonly<Record<string, unknown>> = {},
): { readonly path: string; readonly rest: Readonly<Record<string, unknown>> } => {
  const rest: Record<string, unknown> = { ...input };
  const path = template.replace(parameter, (_, name: string) => {
    const value = rest[name];
    delete rest[name];
    if (value === undefined || value === "") throw new TypeError(`${name} is missing`);
    return encodeURIComponent(String(value));
  });
  return { path, rest };
};
