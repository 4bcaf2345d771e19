import type { ReactNode } from "react";
import { useI18n } from "../i18n/i18n.tsx";
import { useWorkspace } from "../workspace/use-workspace.ts";
import { isRunning } from "../workspace/workspace-actions.tsx";
import { Commands } from "./commands.tsx";
import { DaemonLog, StartEvents } from "./events-section.tsx";
import { Facts } from "./facts.tsx";
import { UsageSection } from "./usage-section.tsx";

const Section = ({ title, children }: { title: string; children: ReactNode }) => (
  <section className="grid grid-cols-1 gap-3" aria-label={title}>
    <h2 className="text-base font-semibold">{title}</h2>
    {children}
  </section>
);

/** What a workspace is, what it uses, how it is reached, and what happened to it. */
export const DetailsPage = () => {
  const { t } = useI18n();
  const { name, workspace } = useWorkspace();
  if (!workspace) return null;
  const running = isRunning(workspace);
  return (
    <div className="mx-auto grid w-full max-w-6xl grid-cols-1 gap-8 px-4 py-6">
      {running ? (
        <Section title={t("details.usage")}>
          <UsageSection name={name} />
        </Section>
      ) : null}
      <Section title={t("details.about")}>
        <Facts workspace={workspace} />
      </Section>
      <Section title={t("details.commands")}>
        <Commands workspace={workspace} />
      </Section>
      <Section title={t("details.events")}>
        {workspace.jobId ? (
          <StartEvents jobId={workspace.jobId} />
        ) : (
          <p className="text-sm text-quiet">{t("details.events.none")}</p>
        )}
      </Section>
      {running ? (
        <Section title={t("details.log")}>
          <DaemonLog workspace={workspace} />
        </Section>
      ) : null}
    </div>
  );
};
