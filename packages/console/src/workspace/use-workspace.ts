import type { WorkspaceDetails } from "@k8shell/sdk";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { workspaceQuery } from "./queries.ts";

const route = getRouteApi("/signed-in/workspaces/$name");

/** The workspace whose page this is; undefined until it has been loaded. */
export const useWorkspace = (): { name: string; workspace: WorkspaceDetails | undefined } => {
  const { name } = route.useParams();
  const { data } = useQuery(workspaceQuery(name));
  return { name, workspace: data };
};
