import { findCredential, readAccess, runTool, ToolError } from "./api.ts";
import { execCredential, kubeScope } from "./kube-credential.ts";

// A kubectl credential plugin (client.authentication.k8s.io ExecCredential).
await runTool("k8shell-kube-credential", async () => {
  const scope = kubeScope(process.env);
  const credential = await findCredential(readAccess(process.env), "kubernetes", scope);
  if (credential === undefined)
    throw new ToolError(`there is no kubernetes credential for namespace ${scope}`);
  return `${JSON.stringify(execCredential(credential, process.env.KUBERNETES_EXEC_INFO))}\n`;
});
