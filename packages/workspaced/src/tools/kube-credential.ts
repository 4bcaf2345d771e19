import { type Credential, ToolError } from "./api.ts";

const defaultVersion = "client.authentication.k8s.io/v1";

/**
 * The namespace whose credential is wanted: `K8SHELL_KUBE_NAMESPACE`, else the pod's own, `POD_NAMESPACE`.
 * @throws ToolError when neither is set
 */
export const kubeScope = (env: Readonly<Record<string, string | undefined>>): string => {
  const scope = env.K8SHELL_KUBE_NAMESPACE || env.POD_NAMESPACE;
  if (!scope) throw new ToolError("K8SHELL_KUBE_NAMESPACE is not set");
  return scope;
};

/** The version kubectl asked for in KUBERNETES_EXEC_INFO; plugins must answer in the same one. */
const askedVersion = (execInfo: string | undefined): string => {
  try {
    const info: unknown = JSON.parse(execInfo ?? "");
    const version: unknown =
      typeof info === "object" && info !== null ? Reflect.get(info, "apiVersion") : undefined;
    return typeof version === "string" ? version : defaultVersion;
  } catch {
    return defaultVersion;
  }
};

/** The document kubectl reads: the token, and until when it may be reused. */
export const execCredential = (credential: Credential, execInfo: string | undefined) => ({
  apiVersion: askedVersion(execInfo),
  kind: "ExecCredential",
  status: { token: credential.secret, expirationTimestamp: credential.expiresAt },
});
