import { RefreshCw } from "lucide-react";
import { useI18n } from "../i18n/i18n.tsx";
import { useReachable } from "./use-reachable.ts";

/** Says so when what is on the page may be out of date. */
export const ConnectionBanner = () => {
  const { t } = useI18n();
  const reachable = useReachable();
  return (
    <div role="status">
      {reachable ? null : (
        <p className="flex items-center justify-center gap-2 bg-warn-soft px-4 py-2 text-center text-sm text-warn">
          <RefreshCw size={16} aria-hidden className="shrink-0 animate-spin" />
          {t(navigator.onLine ? "app.unreachable" : "app.offline")}
        </p>
      )}
    </div>
  );
};
