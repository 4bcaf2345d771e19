import type { RoleInfo } from "@k8shell/sdk";
import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import { k8shell } from "../app/server.ts";
import { useMay } from "../app/use-may.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { Badge, Tags } from "../ui/badge.tsx";
import { Button, DeleteButton, EditButton } from "../ui/button.tsx";
import { ConfirmAbout } from "../ui/dialog.tsx";
import { Waiting } from "../ui/page.tsx";
import { SectionHead } from "../ui/section.tsx";
import { ActionsHead, Cell, Head, Table } from "../ui/table.tsx";
import { useRefresh } from "../ui/use-refresh.ts";
import { OrganizationSelect } from "./organization-select.tsx";
import { rolesQuery } from "./queries.ts";
import { RoleDialog } from "./role-dialog.tsx";
import { useOrganization } from "./use-organization.ts";

/** Roles of an organization: what they are called and which blueprints they open. */
export const RolesPage = () => {
  const { t, number } = useI18n();
  const may = useMay();
  const about = useOrganization();
  const { organization } = about;
  const {
    data: roles,
    error,
    refetch,
  } = useQuery({
    ...rolesQuery(organization),
    enabled: organization !== "",
  });
  const refresh = useRefresh(["admin"]);
  const [editing, setEditing] = useState<RoleInfo | "new">();
  const [leaving, setLeaving] = useState<RoleInfo>();
  return (
    <>
      <SectionHead
        title={t("admin.roles")}
        lead={t("admin.roles.lead")}
        actions={
          <Button tone="primary" refusal={may("role:create").refusal} onClick={() => setEditing("new")}>
            <Plus size={16} aria-hidden />
            {t("admin.roles.create")}
          </Button>
        }
      />
      <OrganizationSelect {...about} />
      <Waiting data={roles} error={error} refetch={refetch} />
      {roles ? (
        <Table
          label={t("admin.roles")}
          head={
            <>
              <Head>{t("admin.role")}</Head>
              <Head>{t("account.profile.blueprints")}</Head>
              <Head className="text-right">{t("admin.users")}</Head>
              <ActionsHead />
            </>
          }
        >
          {roles.map((role) => {
            const everywhere = role.org === "" ? t("admin.roles.global.refusal") : undefined;
            const inUse = role.userCount > 0 ? t("admin.roles.inUse") : undefined;
            return (
              <tr key={`${role.org} ${role.name}`}>
                <Cell>
                  <span className="flex items-center gap-2 font-semibold">
                    {role.name}
                    {everywhere ? <Badge>{t("admin.roles.global")}</Badge> : null}
                  </span>
                  <span className="text-xs text-quiet">{role.description}</span>
                </Cell>
                <Cell>
                  {role.blueprints.includes("*") ? (
                    t("account.profile.blueprints.all")
                  ) : (
                    <Tags values={role.blueprints} />
                  )}
                </Cell>
                <Cell className="text-right tabular-nums">{number(role.userCount)}</Cell>
                <Cell className="text-right whitespace-nowrap">
                  <EditButton
                    label={t("admin.roles.edit", { name: role.name })}
                    refusal={everywhere ?? may("role:update").refusal}
                    onClick={() => setEditing(role)}
                  />
                  <DeleteButton
                    label={t("admin.roles.delete", { name: role.name })}
                    refusal={everywhere ?? may("role:delete").refusal ?? inUse}
                    onClick={() => setLeaving(role)}
                  />
                </Cell>
              </tr>
            );
          })}
        </Table>
      ) : null}
      {editing ? (
        <RoleDialog
          org={organization}
          role={editing === "new" ? undefined : editing}
          onClose={() => setEditing(undefined)}
        />
      ) : null}
      <ConfirmAbout
        about={leaving}
        onClose={() => setLeaving(undefined)}
        title={t("admin.roles.delete.title", { name: leaving?.name ?? "" })}
        text={t("admin.roles.delete.text")}
        action={t("app.delete")}
        danger
        onConfirm={async (role) => {
          await k8shell.api.deleteRole({ org: organization, name: role.name });
          await refresh();
        }}
      />
    </>
  );
};
