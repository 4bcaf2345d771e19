import { pathOf } from "@k8shell/sdk";
import { queryOptions } from "@tanstack/react-query";
import { live } from "../app/live.ts";
import { k8shell } from "../app/server.ts";

/** Every terminal of a workspace, whoever has it. */
export const terminalsQuery = (name: string) =>
  queryOptions({
    queryKey: ["terminals", name],
    queryFn: ({ signal }) => k8shell.api.listTerminals({ name, state: "all" }, { signal }),
    ...live("terminals", pathOf("listTerminals", { name, state: "all" })),
  });
