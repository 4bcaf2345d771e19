import { useI18n } from "../i18n/i18n.tsx";
import { ConnectionList } from "../live/connection-list.tsx";
import { SectionHead } from "../ui/section.tsx";

/** What everybody has open on the replica that answers. */
export const ConnectionsPage = () => {
  const { t } = useI18n();
  return (
    <>
      <SectionHead title={t("admin.connections")} lead={t("admin.connections.lead")} />
      <ConnectionList of="all" />
    </>
  );
};
