import type { WorkspaceDetails } from "@k8shell/sdk";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useMay } from "../app/use-may.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { Button, buttonClass } from "../ui/button.tsx";
import { Empty, Page, Waiting } from "../ui/page.tsx";
import { StatusBadge } from "../ui/status-badge.tsx";
import { ActionsHead, Cell, Head, Table } from "../ui/table.tsx";
import { isRunning, StartButton, WorkspaceMenu } from "../workspace/workspace-actions.tsx";
import { workspacesQuery } from "./queries.ts";

const Row = ({ workspace }: { workspace: WorkspaceDetails }) => {
  const { t, ago, date } = useI18n();
  const { name, status, message } = workspace;
  return (
    <tr>
      <Cell>
        <Link to="/workspaces/$name/terminal" params={{ name }} className="font-semibold text-accent">
          {name}
        </Link>
      </Cell>
      <Cell>
        <StatusBadge status={status} detail={message} />
      </Cell>
      <Cell>{workspace.origin || workspace.blueprint}</Cell>
      <Cell title={date(workspace.created)}>{ago(workspace.created)}</Cell>
      <Cell>
        <div className="flex justify-end gap-1">
          {isRunning(workspace) ? (
            <Link to="/workspaces/$name/terminal" params={{ name }} className={buttonClass("primary")}>
              {t("workspaces.open")}
            </Link>
          ) : null}
          <StartButton workspace={workspace} />
          <WorkspaceMenu workspace={workspace} />
        </div>
      </Cell>
    </tr>
  );
};

/** The caller's workspaces, with their status as it changes. */
export const WorkspacesPage = () => {
  const { t } = useI18n();
  const may = useMay();
  const { data, error, refetch } = useQuery(workspacesQuery);
  const creating = may("workspace:create:standalone");
  const create = creating.allowed ? (
    <Link to="/new" className={buttonClass("primary")}>
      <Plus size={16} aria-hidden />
      {t("workspaces.create")}
    </Link>
  ) : (
    <Button tone="primary" refusal={creating.reason}>
      {t("workspaces.create")}
    </Button>
  );
  return (
    <Page title={t("workspaces.title")} actions={data && data.length > 0 ? create : null}>
      <Waiting data={data} error={data ? null : error} refetch={refetch} />
      {data?.length === 0 ? (
        <Empty title={t("workspaces.empty")}>
          <p>{t("workspaces.empty.text")}</p>
          {create}
        </Empty>
      ) : null}
      {data && data.length > 0 ? (
        <Table
          label={t("workspaces.title")}
          head={
            <>
              <Head>{t("workspaces.column.name")}</Head>
              <Head>{t("workspaces.column.status")}</Head>
              <Head>{t("workspaces.column.origin")}</Head>
              <Head>{t("workspaces.column.created")}</Head>
              <ActionsHead />
            </>
          }
        >
          {data.map((workspace) => (
            <Row key={workspace.name} workspace={workspace} />
          ))}
        </Table>
      ) : null}
    </Page>
  );
};
