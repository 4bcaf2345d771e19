import type { WorkspaceDetails } from "@k8shell/sdk";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { blueprintsQuery } from "../admin/queries.ts";
import { useMay } from "../app/use-may.ts";
import { useI18n } from "../i18n/i18n.tsx";

const Fact = ({ label, children }: { label: string; children: ReactNode }) => (
  <div className="grid grid-cols-1 content-start gap-0.5">
    <dt className="text-sm text-quiet">{label}</dt>
    <dd className="min-w-0 text-sm wrap-anywhere">{children}</dd>
  </div>
);

/** What a workspace is. */
export const Facts = ({ workspace }: { workspace: WorkspaceDetails }) => {
  const { t, date, ago } = useI18n();
  const mayReadBlueprints = useMay()("blueprints:read").allowed;
  const { data: blueprints } = useQuery({
    ...blueprintsQuery,
    enabled: mayReadBlueprints,
    staleTime: 60_000,
  });
  const { repoOwner, repoName, repoRef, workloadKind, workloadName, podIP, port } = workspace;
  const described = blueprints?.find(({ name }) => name === workspace.blueprint)?.description;
  return (
    <dl className="grid grid-cols-1 gap-x-6 gap-y-4 rounded-xl border border-line bg-raised p-4 sm:grid-cols-2 lg:grid-cols-4">
      <Fact label={t("details.blueprint")}>
        {workspace.blueprint || "–"}
        {described ? <span className="block text-quiet">{described}</span> : null}
      </Fact>
      {repoName ? (
        <Fact label={t("details.repository")}>
          {repoOwner}/{repoName}
          {repoRef ? <span className="block text-quiet">{repoRef}</span> : null}
        </Fact>
      ) : null}
      {workloadName ? (
        <Fact label={t("details.workload")}>
          {workloadKind} {workloadName}
        </Fact>
      ) : null}
      <Fact label={t("details.owner")}>
        {workspace.username}
        {workspace.organization ? <span className="block text-quiet">{workspace.organization}</span> : null}
      </Fact>
      <Fact label={t("details.created")}>
        <span title={date(workspace.created)}>{ago(workspace.created)}</span>
      </Fact>
      <Fact label={t("details.restarts")}>
        {workspace.restarts}
        {workspace.lastFailMessage ? (
          <span className="block text-quiet">{workspace.lastFailMessage}</span>
        ) : null}
      </Fact>
      {podIP ? <Fact label={t("details.address")}>{port > 0 ? `${podIP}:${port}` : podIP}</Fact> : null}
      {workspace.namespace ? <Fact label={t("details.namespace")}>{workspace.namespace}</Fact> : null}
      {workspace.appVersion ? <Fact label={t("details.version")}>{workspace.appVersion}</Fact> : null}
    </dl>
  );
};
