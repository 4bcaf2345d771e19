import type { ActionPermission } from "@k8shell/contract";
import type { RequestContext } from "../http/handler.ts";
import { workspaceResource } from "../http/target.ts";
import { normalPath } from "./normal-path.ts";

/**
 * Asks the policy again, about where paths really lead: behind links, and below the home directory. The first
 * decision was made before the workspace was touched, on the paths as they were written.
 * @param written by context key: the path as the caller wrote it
 * @param real by context key: where it leads
 * @throws ApiError forbidden
 */
export const confirmPaths = async (
  {
    target: { workspace },
    authorize,
    policyReadsFacts,
  }: Pick<RequestContext, "target" | "authorize" | "policyReadsFacts">,
  action: ActionPermission,
  written: Readonly<Record<string, string>>,
  real: Readonly<Record<string, string>>,
): Promise<void> => {
  if (!workspace) throw new Error("the target of a file route is a workspace");
  // A policy service that does not look at paths has answered this question already.
  if (!policyReadsFacts) return;
  if (Object.entries(real).every(([key, path]) => normalPath(written[key] ?? "") === path)) return;
  await authorize(action, workspaceResource(workspace), real);
};
