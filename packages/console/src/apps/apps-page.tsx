import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useMay } from "../app/use-may.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { Empty, Waiting } from "../ui/page.tsx";
import { NotRunning } from "../workspace/not-running.tsx";
import { useWorkspace } from "../workspace/use-workspace.ts";
import { isRunning } from "../workspace/workspace-actions.tsx";
import { AppCard } from "./app-card.tsx";
import { PortsSection } from "./ports-section.tsx";
import { appsQuery } from "./queries.ts";
import { ShareDialog } from "./share-dialog.tsx";

/** The apps of a workspace, and everything else that listens on a port of it. */
export const AppsPage = () => {
  const { t } = useI18n();
  const { name, workspace } = useWorkspace();
  const running = isRunning(workspace);
  const may = useMay(workspace?.username);
  const { data: apps, error, refetch } = useQuery({ ...appsQuery(name), enabled: running });
  const [sharing, setSharing] = useState<number>();
  if (!workspace) return null;
  if (!running) return <NotRunning workspace={workspace} />;
  const connect = may("workspace:connect:portforward").refusal;
  return (
    <div className="mx-auto grid w-full max-w-5xl gap-8 px-4 py-6">
      <section className="grid gap-3" aria-labelledby="apps-heading">
        <h2 id="apps-heading" className="text-base font-semibold">
          {t("apps.title")}
        </h2>
        <Waiting data={apps} error={apps ? null : error} refetch={refetch} />
        {apps?.length === 0 ? (
          <Empty title={t("apps.empty")}>
            <p>{t("apps.empty.text")}</p>
          </Empty>
        ) : null}
        {apps && apps.length > 0 ? (
          <ul className="grid gap-3">
            {apps.map((app) => (
              <AppCard
                key={app.name}
                workspace={workspace}
                app={app}
                connectRefusal={connect}
                onShare={() => setSharing(app.port)}
              />
            ))}
          </ul>
        ) : null}
      </section>
      <PortsSection name={name} refusal={connect} onShare={setSharing} />
      {sharing === undefined ? null : (
        <ShareDialog name={name} port={sharing} onClose={() => setSharing(undefined)} />
      )}
    </div>
  );
};
