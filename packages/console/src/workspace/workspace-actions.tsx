import type { WorkspaceDetails } from "@k8shell/sdk";
import { useQuery } from "@tanstack/react-query";
import { EllipsisVertical, Play, Square, Trash2 } from "lucide-react";
import { useState } from "react";
import { k8shell } from "../app/server.ts";
import { useMay } from "../app/use-may.ts";
import { appsQuery } from "../apps/queries.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { terminalsQuery } from "../terminal/queries.ts";
import { Button, IconButton } from "../ui/button.tsx";
import { ConfirmDialog } from "../ui/dialog.tsx";
import { Menu, MenuItem } from "../ui/menu.tsx";
import { useToasts } from "../ui/toast.tsx";
import { useRefresh } from "../ui/use-refresh.ts";
import { workspacesQuery } from "../workspaces/queries.ts";
import { workspaceQuery } from "./queries.ts";

/** Status words of a workspace that can be started. */
const startable = new Set(["Stopped", "Error", "Failing", "Unknown"]);
/** Status words of a workspace in which something may run. */
const stoppable = new Set(["Running", "Warning", "Failing", "Starting", "Pulling"]);

export const isRunning = (workspace: WorkspaceDetails | undefined): boolean =>
  workspace?.status === "Running";

/** Starts a stopped workspace, or says why not. */
export const StartButton = ({ workspace, tone }: { workspace: WorkspaceDetails; tone?: "primary" }) => {
  const { t } = useI18n();
  const toasts = useToasts();
  const [busy, setBusy] = useState(false);
  const may = useMay(workspace.username)("workspace:create:standalone");
  const { name } = workspace;
  const refresh = useRefresh(workspaceQuery(name).queryKey);
  const refreshAll = useRefresh(workspacesQuery.queryKey);
  const start = async () => {
    setBusy(true);
    try {
      await k8shell.api.startWorkspace({ name });
    } catch (error) {
      toasts.fail(error);
    }
    await Promise.all([refresh(), refreshAll()]);
    setBusy(false);
  };
  if (!startable.has(workspace.status)) return null;
  return (
    <Button tone={tone ?? "plain"} disabled={busy} refusal={may.refusal} onClick={() => void start()}>
      <Play size={16} aria-hidden />
      {t("workspaces.start")}
    </Button>
  );
};

/** What goes when a workspace is stopped or deleted, as far as it is known without asking. */
const Lost = ({ name }: { name: string }) => {
  const { t } = useI18n();
  const { data: terminals } = useQuery(terminalsQuery(name));
  const { data: apps } = useQuery(appsQuery(name));
  const running = apps?.filter(({ status }) => status === "RUNNING").map((app) => app.name) ?? [];
  const items = [
    terminals && terminals.length > 0
      ? t("workspace.lost.terminals", { count: terminals.length })
      : undefined,
    running.length > 0 ? t("workspace.lost.apps", { names: running.join(", ") }) : undefined,
  ].filter((item) => item !== undefined);
  if (items.length === 0) return null;
  return (
    <span className="mt-2 block">
      {items.map((item) => (
        <span key={item} className="block text-ink">
          {item}
        </span>
      ))}
    </span>
  );
};

/** The menu of what can be done to a workspace that cannot be taken back, with questions that say what is lost. */
export const WorkspaceMenu = ({
  workspace,
  onDeleted,
}: {
  workspace: WorkspaceDetails;
  onDeleted?: () => void;
}) => {
  const { t } = useI18n();
  const toasts = useToasts();
  const [asking, setAsking] = useState<"stop" | "delete">();
  const { name, status } = workspace;
  const refresh = useRefresh(workspaceQuery(name).queryKey);
  const refreshAll = useRefresh(workspacesQuery.queryKey);
  const injected = workspace.workspaceType === "injected";
  const may = useMay(workspace.username)("workspace:delete");
  const refusal = may.refusal;

  const end = async (all: boolean) => {
    await k8shell.api.deleteWorkspace({ name, delete: all });
    toasts.say(t(all ? "workspaces.deleting" : "workspaces.stopping", { name }));
    if (all) onDeleted?.();
    await Promise.all([all ? undefined : refresh(), refreshAll()]);
  };

  return (
    <>
      <Menu
        trigger={
          <IconButton label={t("workspaces.more", { name })}>
            <EllipsisVertical size={18} aria-hidden />
          </IconButton>
        }
      >
        {injected ? null : (
          <MenuItem disabled={!stoppable.has(status)} refusal={refusal} onSelect={() => setAsking("stop")}>
            <Square size={16} aria-hidden />
            {t("workspaces.stop")}
          </MenuItem>
        )}
        <MenuItem danger refusal={refusal} onSelect={() => setAsking("delete")}>
          <Trash2 size={16} aria-hidden />
          {t("workspaces.delete")}
        </MenuItem>
      </Menu>
      <ConfirmDialog
        open={asking === "stop"}
        onOpenChange={() => setAsking(undefined)}
        title={t("workspaces.stop.title", { name })}
        text={
          <>
            {t("workspaces.stop.text")}
            <Lost name={name} />
          </>
        }
        action={t("workspaces.stop")}
        onConfirm={() => end(false)}
      />
      <ConfirmDialog
        open={asking === "delete"}
        onOpenChange={() => setAsking(undefined)}
        title={t("workspaces.delete.title", { name })}
        text={
          <>
            {t("workspaces.delete.text")}
            <Lost name={name} />
          </>
        }
        action={t("workspaces.delete")}
        danger
        onConfirm={() => end(true)}
      />
    </>
  );
};
