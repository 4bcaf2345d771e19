/** A credential as the API gives it (rest-contract 2.5). */
export interface Credential {
  subject: string;
  secret: string;
  expiresAt: string | undefined;
}

/** How a tool reaches the API from inside a workspace. */
export interface ApiAccess {
  /** Base address, e.g. `http://api-server.k8shell:9101`. */
  api: string;
  username: string;
  token: string;
}

const timeoutMs = 15_000;

/** A failure with a message for the person at the terminal. */
export class ToolError extends Error {
  override readonly name = "ToolError";
}

/**
 * Reads the access of this workspace from its environment.
 * @throws ToolError when the workspace has none
 */
export const readAccess = (env: Readonly<Record<string, string | undefined>>): ApiAccess => {
  const { K8SHELL_API: api, K8SHELL_USERNAME: username, K8SHELL_PAT_TOKEN: token } = env;
  if (!api || !username || !token) {
    throw new ToolError("K8SHELL_API, K8SHELL_USERNAME and K8SHELL_PAT_TOKEN must be set");
  }
  return { api, username, token };
};

const field = (value: unknown, name: string): string | undefined => {
  if (typeof value !== "object" || value === null) return undefined;
  const found: unknown = Reflect.get(value, name);
  return typeof found === "string" && found !== "" ? found : undefined;
};

/**
 * Asks for the user's credential of one kind and scope (rest-contract 1.1, row 15, and 4.5).
 * @returns undefined when there is none
 * @throws ToolError when the API cannot be reached or refuses
 */
export const findCredential = async (
  access: ApiAccess,
  kind: "git" | "registry" | "kubernetes",
  scope: string,
): Promise<Credential | undefined> => {
  const path = `/api/v1/users/${encodeURIComponent(access.username)}/credentials/${kind}`;
  let response: Response;
  try {
    const url = new URL(path, access.api);
    url.searchParams.set("scope", scope);
    response = await fetch(url, {
      headers: { authorization: `Bearer ${access.token}`, accept: "application/json" },
      // The token is for the API alone: it must not follow a redirect elsewhere.
      redirect: "error",
      signal: AbortSignal.timeout(timeoutMs),
    });
  } catch (error) {
    throw new ToolError("the k8shell API cannot be reached", { cause: error });
  }
  const body: unknown = await response.json().catch(() => undefined);
  if (response.status === 404) return undefined;
  if (!response.ok) {
    throw new ToolError(
      `the k8shell API answered ${response.status}: ${field(body, "msg") ?? "no reason given"}`,
    );
  }
  const secret = field(body, "secret");
  if (secret === undefined) return undefined;
  return { subject: field(body, "subject") ?? "", secret, expiresAt: field(body, "expiresAt") };
};

/** All of standard input, at most 64 KiB. */
export const readInput = async (): Promise<string> => {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of process.stdin) {
    size += part.length;
    if (size > 65_536) throw new ToolError("the input is too long");
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
};

/** Runs a tool: prints its output, or its error and exit code 1. */
export const runTool = async (name: string, tool: () => Promise<string>): Promise<void> => {
  try {
    process.stdout.write(await tool());
  } catch (error) {
    process.stderr.write(`${name}: ${error instanceof ToolError ? error.message : "unexpected failure"}\n`);
    process.exitCode = 1;
  }
};
