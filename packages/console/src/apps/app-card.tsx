import type { AppStatus, WorkspaceDetails } from "@k8shell/sdk";
import { Download, Play, ScrollText, Share2, Square } from "lucide-react";
import { useState } from "react";
import { k8shell } from "../app/server.ts";
import { useMay } from "../app/use-may.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { Button } from "../ui/button.tsx";
import { StatusBadge } from "../ui/status-badge.tsx";
import { useToasts } from "../ui/toast.tsx";
import { useRefresh } from "../ui/use-refresh.ts";
import { LogPanel } from "./log-panel.tsx";
import { OpenPort } from "./open-port.tsx";
import { appsQuery } from "./queries.ts";

/** One app: what it does, and what can be done with it. */
export const AppCard = ({
  workspace,
  app,
  connectRefusal,
  onShare,
}: {
  workspace: WorkspaceDetails;
  app: AppStatus;
  /** Why its port cannot be reached by the caller. */
  connectRefusal: string | undefined;
  onShare(): void;
}) => {
  const { t } = useI18n();
  const toasts = useToasts();
  const refresh = useRefresh(appsQuery(workspace.name).queryKey);
  const may = useMay(workspace.username);
  const [busy, setBusy] = useState(false);
  const [log, setLog] = useState(false);
  const target = { name: workspace.name, app: app.name };
  const running = app.status === "RUNNING";
  const missing = app.status === "NOT-INSTALLED";
  const installing = app.status === "INSTALLING";

  const act = async (action: "installApp" | "startApp" | "stopApp") => {
    setBusy(true);
    try {
      await k8shell.api[action](target);
      if (action === "installApp") setLog(true);
    } catch (error) {
      toasts.fail(error);
    }
    await refresh();
    setBusy(false);
  };

  const facts = [
    /\d/.test(app.version) ? t("apps.version", { version: app.version }) : undefined,
    app.port > 0 ? t("apps.port", { port: app.port }) : undefined,
    running && app.age ? t("apps.since", { age: app.age }) : undefined,
    app.restarts > 0 ? t("apps.restarts", { count: app.restarts }) : undefined,
  ].filter((fact) => fact !== undefined);

  return (
    <li className="grid gap-3 rounded-xl border border-line bg-raised p-4">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-3">
        <div className="grid min-w-40 grow gap-1">
          <div className="flex items-center gap-3">
            <h3 className="font-semibold">{app.name}</h3>
            <StatusBadge status={app.status} />
          </div>
          <p className="text-sm text-quiet">{facts.join(" · ")}</p>
        </div>
        {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is for fields */}
        <div role="group" aria-label={t("apps.actions", { name: app.name })} className="flex flex-wrap gap-2">
          {running && app.port > 0 ? (
            <OpenPort name={workspace.name} port={app.port} refusal={connectRefusal} />
          ) : null}
          {missing || installing ? (
            <Button
              tone={missing ? "primary" : "plain"}
              disabled={busy || installing}
              refusal={may("workspace:app:install").refusal}
              onClick={() => void act("installApp")}
            >
              <Download size={16} aria-hidden />
              {t("apps.install")}
            </Button>
          ) : null}
          {app.status === "STOPPED" ? (
            <Button
              disabled={busy}
              refusal={may("workspace:app:start").refusal}
              onClick={() => void act("startApp")}
            >
              <Play size={16} aria-hidden />
              {t("apps.start")}
            </Button>
          ) : null}
          {running || app.status === "PENDING" ? (
            <Button
              disabled={busy}
              refusal={may("workspace:app:stop").refusal}
              onClick={() => void act("stopApp")}
            >
              <Square size={16} aria-hidden />
              {t("apps.stop")}
            </Button>
          ) : null}
          {app.port > 0 ? (
            <Button refusal={connectRefusal} onClick={onShare}>
              <Share2 size={16} aria-hidden />
              {t("apps.share")}
            </Button>
          ) : null}
          <Button aria-expanded={log} onClick={() => setLog(!log)}>
            <ScrollText size={16} aria-hidden />
            {t("apps.log")}
          </Button>
        </div>
      </div>
      {log ? <LogPanel workspace={workspace.name} app={app} /> : null}
    </li>
  );
};
