import { useI18n } from "../i18n/i18n.tsx";
import { ConnectionList } from "../live/connection-list.tsx";
import { SectionHead } from "../ui/section.tsx";

/** What one has open, in this browser and elsewhere. */
export const ConnectionsPage = () => {
  const { t } = useI18n();
  return (
    <>
      <SectionHead title={t("account.connections")} lead={t("account.connections.lead")} />
      <ConnectionList of="own" />
    </>
  );
};
