import { pathOf, type SystemInfo } from "@k8shell/sdk";
import { queryOptions } from "@tanstack/react-query";
import { live } from "../app/live.ts";
import { k8shell } from "../app/server.ts";

export const workspaceQuery = (name: string) =>
  queryOptions({
    queryKey: ["workspace", name],
    queryFn: ({ signal }) => k8shell.api.getWorkspace({ name }, { signal }),
    ...live("workspace", pathOf("getWorkspace", { name })),
  });

/** What a workspace used at one moment. */
export interface UsageSample {
  /** Seconds since 1970. */
  readonly time: number;
  readonly info: SystemInfo;
}

/** As many samples are kept as fit into half an hour. */
const keptSamples = 360;

/** What a workspace has used since its page was opened, oldest first. Ask only while it runs. */
export const usageQuery = (name: string) =>
  queryOptions({
    queryKey: ["usage", name],
    queryFn: async ({ signal, client, queryKey }): Promise<readonly UsageSample[]> => {
      const info = await k8shell.api.getWorkspaceSystemInfo({ name }, { signal });
      const before = client.getQueryData<readonly UsageSample[]>(queryKey) ?? [];
      return [...before.slice(1 - keptSamples), { time: Date.now() / 1000, info }];
    },
    gcTime: 30 * 60_000,
    ...live("usage"),
  });
