import type { WorkspaceDetails } from "@k8shell/sdk";
import { useI18n } from "../i18n/i18n.tsx";
import type { MessageKey } from "../i18n/messages.ts";
import { CopyButton } from "../ui/copy-button.tsx";

/** How the workspace is reached from a terminal on one's own machine. */
export const Commands = ({ workspace }: { workspace: WorkspaceDetails }) => {
  const { t } = useI18n();
  const { name } = workspace;
  const commands: ReadonlyArray<readonly [MessageKey, string]> = [
    ["details.command.ssh", `k8shell workspace ssh ${name}`],
    ["details.command.shell", `k8shell workspace shell ${name}`],
    ["details.command.copy", `k8shell workspace cp ./file.txt ${name}:file.txt`],
    ["details.command.forward", `k8shell workspace forward ${name} 8080`],
  ];
  return (
    <ul className="grid grid-cols-1 gap-2 md:grid-cols-2">
      {commands.map(([key, text]) => (
        <li key={key} className="grid content-start gap-1">
          <span className="text-sm text-quiet">{t(key)}</span>
          <div className="flex items-center rounded-lg border border-line bg-raised pl-3 [&>button]:shrink-0">
            <code className="min-w-0 grow py-2 text-xs wrap-anywhere">{text}</code>
            <CopyButton text={text} name={t("details.command.take", { command: text })} />
          </div>
        </li>
      ))}
    </ul>
  );
};
