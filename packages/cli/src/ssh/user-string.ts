/** What a connection through the SSH gateway is to: one of them. */
export type SshTarget =
  | { readonly workspace: string }
  | { readonly blueprint: string }
  | { readonly repo: string; readonly ref?: string | undefined };

/** As Go's url.PathEscape, which the platform undoes. */
const escapeValue = (text: string): string => encodeURIComponent(text).replaceAll("%40", "@");

/**
 * The user name under which the platform's SSH gateway finds a workspace
 * (https://docs.k8shell.io/architecture/overview/user-string).
 * @param runAs user inside the workspace, instead of its own
 * @param base64 wraps it, for programs that do not let `/`, `~` or `+` through
 */
export const sshUserString = (
  username: string,
  target: SshTarget,
  { runAs, base64 = false }: { readonly runAs?: string | undefined; readonly base64?: boolean } = {},
): string => {
  const parts =
    "workspace" in target
      ? [`pod=${escapeValue(target.workspace)}`]
      : "blueprint" in target
        ? [escapeValue(target.blueprint)]
        : [
            `repo=${escapeValue(target.repo)}`,
            ...(target.ref === undefined ? [] : [`ref=${escapeValue(target.ref)}`]),
          ];
  if (runAs !== undefined) parts.push(`user=${escapeValue(runAs)}`);
  const text = `${username}~${parts.join("+")}`;
  return base64 ? `b64-${Buffer.from(text, "utf8").toString("base64url")}` : text;
};
