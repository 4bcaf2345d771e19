import type { WorkspaceDetails } from "@k8shell/sdk";
import { useI18n } from "../i18n/i18n.tsx";
import type { MessageKey } from "../i18n/messages.ts";
import { Empty } from "../ui/page.tsx";
import { JobProgress } from "../workspaces/job-progress.tsx";
import { StartButton } from "./workspace-actions.tsx";

/** What is said of each state that passes. */
const passing: Readonly<Partial<Record<string, MessageKey>>> = {
  Starting: "workspace.underWay",
  Pulling: "workspace.underWay",
  Stopping: "workspace.stopping",
  Terminating: "workspace.terminating",
};

/** What is shown in place of something that only a running workspace has. */
export const NotRunning = ({ workspace }: { workspace: WorkspaceDetails }) => {
  const { t } = useI18n();
  const { status, message, lastFailMessage, jobId } = workspace;
  const starting = status === "Starting" || status === "Pulling";
  return (
    <div className="mx-auto grid w-full max-w-3xl gap-4 p-4">
      {starting && jobId ? (
        <JobProgress jobId={jobId} workspace={workspace.name} onEnd={() => {}} />
      ) : (
        <Empty title={t(passing[status] ?? "workspace.notRunning")}>
          <p>{message || lastFailMessage || t("workspace.notRunning.text")}</p>
          <StartButton workspace={workspace} tone="primary" />
        </Empty>
      )}
    </div>
  );
};
