import type { EnvVar } from "@k8shell/sdk";
import { useQuery } from "@tanstack/react-query";
import { k8shell } from "../app/server.ts";
import { useMay } from "../app/use-may.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { Waiting } from "../ui/page.tsx";
import { SectionHead } from "../ui/section.tsx";
import { useRefresh } from "../ui/use-refresh.ts";
import { VariableList } from "../variables/variable-list.tsx";
import { variablesQuery } from "./queries.ts";

/** Environment variables that every workspace of the caller starts with. */
export const VariablesPage = () => {
  const { t } = useI18n();
  const write = useMay()("user:write:envvars");
  const { data, error, refetch } = useQuery(variablesQuery);
  const refresh = useRefresh(variablesQuery.queryKey);
  const inherited = ({ origin }: EnvVar) => origin === "org";
  return (
    <>
      <SectionHead title={t("account.variables")} lead={t("account.variables.lead")} />
      <Waiting data={data} error={error} refetch={refetch} />
      {data ? (
        <VariableList
          variables={data}
          refusal={write.refusal}
          inherited={inherited}
          onCreate={(body) => k8shell.api.createMyEnvVar({ body }).then(refresh)}
          onUpdate={(key, body) => k8shell.api.updateMyEnvVar({ key, body }).then(refresh)}
          onDelete={(key) => k8shell.api.deleteMyEnvVar({ key }).then(refresh)}
        />
      ) : null}
    </>
  );
};
