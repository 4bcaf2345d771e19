import { useI18n } from "../i18n/i18n.tsx";
import { useOnline } from "./use-online.ts";

/** Says so when what is on the page may be out of date. */
export const ConnectionBanner = () => {
  const { t } = useI18n();
  const online = useOnline();
  if (online) return null;
  return (
    <p role="status" className="bg-warn-soft px-4 py-2 text-center text-sm text-warn">
      {t("app.offline")}
    </p>
  );
};
