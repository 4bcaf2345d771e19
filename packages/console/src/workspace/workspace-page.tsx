import { K8shellError } from "@k8shell/sdk";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Outlet, useMatchRoute } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useRef } from "react";
import { loadPart } from "../app/load-part.ts";
import { NothingHere } from "../app/not-found.tsx";
import { useI18n } from "../i18n/i18n.tsx";
import { Failure, Loading } from "../ui/page.tsx";
import { NavTabs } from "../ui/tabs.tsx";
import { WorkspaceHeader } from "./header.tsx";
import { NotRunning } from "./not-running.tsx";
import { workspaceQuery } from "./queries.ts";
import { isRunning } from "./workspace-actions.tsx";

const TerminalArea = lazy(async () => {
  const { TerminalArea } = await loadPart(() => import("../terminal/terminal-area.tsx"));
  return { default: TerminalArea };
});

const route = getRouteApi("/signed-in/workspaces/$name");

/**
 * One workspace: its header, and its parts as tabs. Terminals stay as they are while another tab is looked at, so
 * they belong to the page and not to their tab.
 */
export const WorkspacePage = () => {
  const { name } = route.useParams();
  return <OneWorkspace key={name} name={name} />;
};

const OneWorkspace = ({ name }: { name: string }) => {
  const { t } = useI18n();
  const { data: workspace, error, refetch } = useQuery(workspaceQuery(name));
  const atTerminal = useMatchRoute()({ to: "/workspaces/$name/terminal", params: { name } }) !== false;
  const running = isRunning(workspace);
  const opened = useRef(false);
  if (atTerminal && running) opened.current = true;
  if (workspace && !running) opened.current = false;

  useEffect(() => {
    document.title = `${name} · k8shell`;
  }, [name]);

  // Also when it was there before: nothing of it can be used any more.
  if (error instanceof K8shellError && error.status === 404) {
    return <NothingHere title={t("workspace.gone", { name })} text={t("workspace.gone.text")} />;
  }
  if (!workspace) {
    return error ? (
      <div className="p-6">
        <Failure error={error} onRetry={() => void refetch()} />
      </div>
    ) : (
      <Loading />
    );
  }

  const params = { name };
  return (
    <div className="flex grow flex-col">
      <div className="grid gap-1 px-3 pt-2">
        <WorkspaceHeader workspace={workspace} />
        <NavTabs
          label={t("workspace.parts")}
          tabs={[
            { to: "/workspaces/$name/terminal", params, text: t("workspace.terminal") },
            { to: "/workspaces/$name/apps", params, text: t("workspace.apps") },
            { to: "/workspaces/$name/sessions", params, text: t("workspace.sessions") },
            { to: "/workspaces/$name/details", params, text: t("workspace.details") },
          ]}
        />
      </div>
      {opened.current ? (
        <div className={atTerminal ? "relative min-h-96 grow" : "hidden"}>
          <Suspense fallback={<Loading />}>
            <TerminalArea workspace={workspace} shown={atTerminal} />
          </Suspense>
        </div>
      ) : null}
      {atTerminal && !running ? <NotRunning workspace={workspace} /> : null}
      <Outlet />
    </div>
  );
};
