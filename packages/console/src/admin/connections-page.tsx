import { useQuery } from "@tanstack/react-query";
import { profileQuery } from "../app/queries.ts";
import { useMay } from "../app/use-may.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { ConnectionList } from "../live/connection-list.tsx";
import { SectionHead } from "../ui/section.tsx";

/** What everybody has open on the replica that answers. */
export const ConnectionsPage = () => {
  const { t } = useI18n();
  const may = useMay();
  const { data: me } = useQuery(profileQuery);
  const others = may("user:write:locked").refusal;
  return (
    <>
      <SectionHead title={t("admin.connections")} lead={t("admin.connections.lead")} />
      <ConnectionList
        all
        refusalOf={(username) => (username === me?.username ? may("user:write:profile").refusal : others)}
      />
    </>
  );
};
