import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { FileCheck } from "lucide-react";
import { useI18n } from "../i18n/i18n.tsx";
import { Badge } from "../ui/badge.tsx";
import { buttonClass } from "../ui/button.tsx";
import { Empty, Waiting } from "../ui/page.tsx";
import { SectionHead } from "../ui/section.tsx";
import { ActionsHead, Cell, Head, Table } from "../ui/table.tsx";
import { blueprintsQuery } from "./queries.ts";

/** What workspaces are made from. */
export const BlueprintsPage = () => {
  const { t } = useI18n();
  const { data: blueprints, error, refetch } = useQuery(blueprintsQuery);
  return (
    <>
      <SectionHead
        title={t("admin.blueprints")}
        lead={t("admin.blueprints.lead")}
        actions={
          <Link to="/blueprint" className={buttonClass("primary")}>
            <FileCheck size={16} aria-hidden />
            {t("blueprint.title")}
          </Link>
        }
      />
      <Waiting data={blueprints} error={error} refetch={refetch} />
      {blueprints?.length === 0 ? <Empty title={t("admin.blueprints.empty")} /> : null}
      {blueprints?.length ? (
        <Table
          label={t("admin.blueprints")}
          head={
            <>
              <Head>{t("admin.name")}</Head>
              <Head>{t("admin.description")}</Head>
              <ActionsHead />
            </>
          }
        >
          {blueprints.map(({ name, description, isTemplate }) => (
            <tr key={name}>
              <Cell>
                <span className="flex items-center gap-2 font-semibold">
                  {name}
                  {isTemplate ? <Badge>{t("admin.blueprints.template")}</Badge> : null}
                </span>
              </Cell>
              <Cell className="text-quiet">{description}</Cell>
              <Cell className="text-right">
                <Link to="/blueprint" search={{ template: name }} className={buttonClass()}>
                  {t("admin.blueprints.extend", { name })}
                </Link>
              </Cell>
            </tr>
          ))}
        </Table>
      ) : null}
    </>
  );
};
