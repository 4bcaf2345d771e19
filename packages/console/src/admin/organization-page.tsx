import type { Organization } from "@k8shell/sdk";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { ArrowLeft } from "lucide-react";
import { useState } from "react";
import { NotFound } from "../app/not-found.tsx";
import { k8shell } from "../app/server.ts";
import { useMay } from "../app/use-may.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { Tags } from "../ui/badge.tsx";
import { Button, buttonClass } from "../ui/button.tsx";
import { Facts } from "../ui/facts.tsx";
import { TextField } from "../ui/field.tsx";
import { textOf } from "../ui/form.tsx";
import { FormDialog } from "../ui/form-dialog.tsx";
import { Card, Failure, Waiting } from "../ui/page.tsx";
import { SectionHead } from "../ui/section.tsx";
import { useRefresh } from "../ui/use-refresh.ts";
import { VariableList } from "../variables/variable-list.tsx";
import { DeleteOrganizationDialog } from "./delete-organization-dialog.tsx";
import { organizationsQuery, organizationVariablesQuery } from "./queries.ts";

const Variables = ({ org }: { org: string }) => {
  const { t } = useI18n();
  const may = useMay();
  const read = may("org:envvar:read");
  const query = organizationVariablesQuery(org);
  const { data, error } = useQuery({ ...query, enabled: read.allowed });
  const refresh = useRefresh(query.queryKey);
  return (
    <section className="grid gap-3" aria-label={t("variables.title")}>
      <h2 className="text-lg font-semibold">{t("variables.title")}</h2>
      {read.allowed ? null : <p className="text-sm text-quiet">{read.reason}</p>}
      {error ? <Failure error={error} /> : null}
      {data ? (
        <VariableList
          variables={data}
          refusal={may("org:envvar:write").refusal}
          onCreate={(body) => k8shell.api.createOrganizationEnvVar({ org, body }).then(refresh)}
          onUpdate={(key, body) => k8shell.api.updateOrganizationEnvVar({ org, key, body }).then(refresh)}
          onDelete={(key) => k8shell.api.deleteOrganizationEnvVar({ org, key }).then(refresh)}
        />
      ) : null}
    </section>
  );
};

const Actions = ({ organization }: { organization: Organization }) => {
  const { t } = useI18n();
  const may = useMay();
  const refresh = useRefresh(["admin"]);
  const [asked, setAsked] = useState<"edit" | "delete">();
  const { name, description, readOnly } = organization;
  const fixed = readOnly ? t("admin.organizations.readOnly") : undefined;
  return (
    <>
      <Button refusal={may("org:update").refusal ?? fixed} onClick={() => setAsked("edit")}>
        {t("admin.organizations.edit")}
      </Button>
      <Button
        className="text-danger"
        refusal={may("org:delete").refusal ?? fixed}
        onClick={() => setAsked("delete")}
      >
        {t("app.delete")}
      </Button>
      <FormDialog
        open={asked === "edit"}
        onOpenChange={() => setAsked(undefined)}
        title={name}
        action={t("app.save")}
        onSend={async (form) => {
          await k8shell.api.updateOrganization({
            org: name,
            body: { description: textOf(form, "description") ?? "" },
          });
          await refresh();
        }}
      >
        <TextField name="description" label={t("admin.description")} defaultValue={description} />
      </FormDialog>
      {asked === "delete" ? (
        <DeleteOrganizationDialog organization={organization} onClose={() => setAsked(undefined)} />
      ) : null}
    </>
  );
};

const route = getRouteApi("/signed-in/admin/organizations/$org");

/** One organization and the variables of its workspaces. */
export const OrganizationPage = () => {
  const { org } = route.useParams();
  const { t, number, date } = useI18n();
  const { data: organizations, error, refetch } = useQuery(organizationsQuery);
  const organization = organizations?.find(({ name }) => name === org);
  if (error || !organizations) return <Waiting data={organizations} error={error} refetch={refetch} />;
  if (!organization) return <NotFound />;
  return (
    <>
      <div>
        <Link to="/admin/organizations" className={buttonClass("quiet", "-ml-3 text-quiet")}>
          <ArrowLeft size={16} aria-hidden />
          {t("admin.organizations")}
        </Link>
      </div>
      <SectionHead
        title={org}
        lead={organization.description}
        actions={<Actions organization={organization} />}
      />
      <Card title={t("admin.organization")}>
        <Facts
          facts={[
            [t("admin.users"), number(organization.userCount)],
            [t("admin.organizations.admins"), <Tags key="admins" values={organization.adminUsernames} />],
            [t("admin.created"), date(organization.createdAt)],
          ]}
        />
      </Card>
      <Variables org={org} />
    </>
  );
};
