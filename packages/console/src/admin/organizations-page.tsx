import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useState } from "react";
import { k8shell } from "../app/server.ts";
import { useMay } from "../app/use-may.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { Tags } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { TextField } from "../ui/field.tsx";
import { textOf } from "../ui/form.tsx";
import { FormDialog } from "../ui/form-dialog.tsx";
import { Waiting } from "../ui/page.tsx";
import { SectionHead } from "../ui/section.tsx";
import { Cell, Head, Table } from "../ui/table.tsx";
import { useRefresh } from "../ui/use-refresh.ts";
import { organizationsQuery } from "./queries.ts";

/** The organizations that the caller may see. */
export const OrganizationsPage = () => {
  const { t, number, ago, date } = useI18n();
  const create = useMay()("org:create");
  const { data: organizations, error, refetch } = useQuery(organizationsQuery);
  const refresh = useRefresh(["admin"]);
  const [adding, setAdding] = useState(false);
  return (
    <>
      <SectionHead
        title={t("admin.organizations")}
        lead={t("admin.organizations.lead")}
        actions={
          <Button tone="primary" refusal={create.refusal} onClick={() => setAdding(true)}>
            <Plus size={16} aria-hidden />
            {t("admin.organizations.create")}
          </Button>
        }
      />
      <Waiting data={organizations} error={error} refetch={refetch} />
      {organizations ? (
        <Table
          label={t("admin.organizations")}
          head={
            <>
              <Head>{t("admin.name")}</Head>
              <Head className="text-right">{t("admin.users")}</Head>
              <Head>{t("admin.organizations.admins")}</Head>
              <Head>{t("admin.created")}</Head>
            </>
          }
        >
          {organizations.map(({ name, description, userCount, adminUsernames, createdAt }) => (
            <tr key={name}>
              <Cell>
                <Link
                  to="/admin/organizations/$org"
                  params={{ org: name }}
                  className="font-semibold text-accent"
                >
                  {name}
                </Link>
                <span className="block text-xs text-quiet">{description}</span>
              </Cell>
              <Cell className="text-right tabular-nums">{number(userCount)}</Cell>
              <Cell>
                <Tags values={adminUsernames} />
              </Cell>
              <Cell className="whitespace-nowrap" title={date(createdAt)}>
                {ago(createdAt)}
              </Cell>
            </tr>
          ))}
        </Table>
      ) : null}
      <FormDialog
        open={adding}
        onOpenChange={setAdding}
        title={t("admin.organizations.create")}
        action={t("admin.organizations.create")}
        onSend={async (form) => {
          await k8shell.api.createOrganization({
            body: { name: textOf(form, "name") ?? "", description: textOf(form, "description") },
          });
          await refresh();
        }}
      >
        <TextField name="name" label={t("admin.name")} autoComplete="off" required />
        <TextField name="description" label={t("admin.description")} autoComplete="off" />
      </FormDialog>
    </>
  );
};
