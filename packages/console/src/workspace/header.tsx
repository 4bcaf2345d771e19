import type { WorkspaceDetails } from "@k8shell/sdk";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { ChevronLeft, Cpu, MemoryStick } from "lucide-react";
import type { ReactNode } from "react";
import { useI18n } from "../i18n/i18n.tsx";
import { StatusBadge } from "../ui/status-badge.tsx";
import { usageQuery } from "./queries.ts";
import { isRunning, StartButton, WorkspaceMenu } from "./workspace-actions.tsx";

const Figure = ({ icon, label, text }: { icon: ReactNode; label: string; text: string }) => (
  <span className="flex items-center gap-1.5 text-sm text-quiet tabular-nums" title={label}>
    {icon}
    <span className="sr-only">{label}</span>
    {text}
  </span>
);

/** Name and state of a workspace, and what can be done to it as a whole. */
export const WorkspaceHeader = ({ workspace }: { workspace: WorkspaceDetails }) => {
  const { t, bytes, percent } = useI18n();
  const navigate = useNavigate();
  const running = isRunning(workspace);
  const { data: usage } = useQuery({ ...usageQuery(workspace.name), enabled: running });
  const system = usage?.at(-1)?.info.system;
  return (
    <div className="flex min-w-0 items-center gap-x-3 gap-y-1">
      <Link
        to="/"
        aria-label={t("workspace.back")}
        title={t("workspace.back")}
        className="inline-flex size-9 shrink-0 items-center justify-center rounded-lg text-quiet hover:bg-sheet hover:text-ink"
      >
        <ChevronLeft size={18} aria-hidden />
      </Link>
      <h1 className="truncate text-lg font-semibold" title={workspace.name}>
        {workspace.name}
      </h1>
      <StatusBadge status={workspace.status} detail={workspace.message} />
      <span className="truncate text-sm text-quiet max-lg:hidden">
        {workspace.origin || workspace.blueprint}
      </span>
      <div className="ml-auto flex shrink-0 items-center gap-3">
        {running && system ? (
          <div className="flex gap-4 max-md:hidden">
            <Figure
              icon={<Cpu size={15} aria-hidden />}
              label={t("details.cpu")}
              text={percent(
                system.cpuLimitMillicores > 0 ? system.cpuUsageMillicores / system.cpuLimitMillicores : 0,
              )}
            />
            <Figure
              icon={<MemoryStick size={15} aria-hidden />}
              label={t("details.memory")}
              text={bytes(system.memoryUsageMiB * 1024 ** 2)}
            />
          </div>
        ) : null}
        <StartButton workspace={workspace} tone="primary" />
        <WorkspaceMenu workspace={workspace} onDeleted={() => void navigate({ to: "/" })} />
      </div>
    </div>
  );
};
