import { type AppStatus, pathOf } from "@k8shell/sdk";
import { queryOptions } from "@tanstack/react-query";
import { live } from "../app/live.ts";
import { k8shell } from "../app/server.ts";

export const appsQuery = (name: string) =>
  queryOptions({
    queryKey: ["apps", name],
    queryFn: ({ signal }) => k8shell.api.listApps({ name }, { signal }),
    ...live("apps", pathOf("listApps", { name })),
  });

export const portsQuery = (name: string) =>
  queryOptions({
    queryKey: ["ports", name],
    queryFn: ({ signal }) => k8shell.api.listPorts({ name }, { signal }),
    ...live("ports", pathOf("listPorts", { name })),
  });

export const portQuery = (name: string, port: number) =>
  queryOptions({
    queryKey: ["ports", name, port],
    queryFn: ({ signal }) => k8shell.api.getPort({ name, port }, { signal }),
    staleTime: 30_000,
  });

/** Does the app do something now, so that its log goes on? */
export const isBusy = ({ status }: AppStatus): boolean =>
  status === "RUNNING" || status === "INSTALLING" || status === "PENDING";
