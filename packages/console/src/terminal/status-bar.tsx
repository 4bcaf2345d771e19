import { useI18n } from "../i18n/i18n.tsx";
import type { Session } from "./session.ts";
import { useSessionView } from "./use-session-view.ts";

/** What there is to know about the terminal that keys go to. */
export const StatusBar = ({ session }: { session: Session | undefined }) => {
  const { t } = useI18n();
  const view = useSessionView(session);
  if (!view) return null;
  const { state, directory, cols, rows } = view;
  const info = state.name === "open" ? state.info : undefined;
  return (
    <div className="flex items-center gap-4 border-t border-line bg-sheet px-3 py-1 text-xs text-quiet">
      <span role="status" className="whitespace-nowrap">
        {t(`terminal.state.${state.name}`)}
      </span>
      {directory ? (
        <span className="min-w-0 truncate font-mono" title={directory}>
          {directory}
        </span>
      ) : null}
      <span className="ml-auto flex gap-4 whitespace-nowrap tabular-nums max-sm:hidden">
        {info ? <span>{t(`terminal.role.${info.role}`)}</span> : null}
        {info?.protocol === "cloudshell-v1" ? (
          <span title={t("terminal.v1.text")}>{t("terminal.v1")}</span>
        ) : null}
        <span>
          {cols}×{rows}
        </span>
      </span>
    </div>
  );
};
