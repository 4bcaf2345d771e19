import type { WorkspaceDetails } from "@k8shell/sdk";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { EllipsisVertical, Plus } from "lucide-react";
import { useState } from "react";
import { k8shell } from "../app/server.ts";
import { useMay } from "../app/use-may.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { Button, buttonClass, IconButton } from "../ui/button.tsx";
import { ConfirmDialog } from "../ui/dialog.tsx";
import { Menu, MenuItem } from "../ui/menu.tsx";
import { Empty, Failure, Loading, Page } from "../ui/page.tsx";
import { StatusBadge } from "../ui/status-badge.tsx";
import { Cell, Head, Table } from "../ui/table.tsx";
import { useToasts } from "../ui/toast.tsx";
import { workspacesQuery } from "./queries.ts";

const Row = ({ workspace }: { workspace: WorkspaceDetails }) => {
  const { t, ago, date } = useI18n();
  const may = useMay();
  const toasts = useToasts();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const [asking, setAsking] = useState<"stop" | "delete">();
  const { name, status, message } = workspace;
  const running = status === "Running";
  const remove = may("workspace:delete");
  const refusal = remove.allowed ? undefined : remove.reason;
  const refresh = () => queryClient.invalidateQueries({ queryKey: workspacesQuery.queryKey });

  const start = async () => {
    await k8shell.api.startWorkspace({ name });
    await refresh();
  };
  const end = async (all: boolean) => {
    await k8shell.api.deleteWorkspace({ name, delete: all });
    toasts.say(t(all ? "workspaces.deleting" : "workspaces.stopping", { name }));
    await refresh();
  };

  return (
    <tr>
      <Cell>
        <Link to="/workspaces/$name" params={{ name }} className="font-semibold text-accent">
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
          {running ? (
            <Button
              tone="primary"
              onClick={() => void navigate({ to: "/workspaces/$name", params: { name } })}
            >
              {t("workspaces.open")}
            </Button>
          ) : (
            <Button onClick={() => void start().catch(toasts.fail)}>{t("workspaces.start")}</Button>
          )}
          <Menu
            trigger={
              <IconButton label={t("workspaces.more", { name })}>
                <EllipsisVertical size={18} aria-hidden />
              </IconButton>
            }
          >
            <MenuItem disabled={!running} refusal={refusal} onSelect={() => setAsking("stop")}>
              {t("workspaces.stop")}
            </MenuItem>
            <MenuItem danger refusal={refusal} onSelect={() => setAsking("delete")}>
              {t("workspaces.delete")}
            </MenuItem>
          </Menu>
        </div>
        <ConfirmDialog
          open={asking === "stop"}
          onOpenChange={() => setAsking(undefined)}
          title={t("workspaces.stop.title", { name })}
          text={t("workspaces.stop.text")}
          action={t("workspaces.stop")}
          onConfirm={() => end(false)}
        />
        <ConfirmDialog
          open={asking === "delete"}
          onOpenChange={() => setAsking(undefined)}
          title={t("workspaces.delete.title", { name })}
          text={t("workspaces.delete.text")}
          action={t("workspaces.delete")}
          danger
          onConfirm={() => end(true)}
        />
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
      {error && !data ? <Failure error={error} onRetry={() => void refetch()} /> : null}
      {!data && !error ? <Loading /> : null}
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
              <Head>
                <span className="sr-only">{t("workspaces.column.actions")}</span>
              </Head>
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
