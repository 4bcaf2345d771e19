import type { Organization } from "@k8shell/sdk";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { k8shell } from "../app/server.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { Checkbox, SelectField } from "../ui/field.tsx";
import { FormDialog } from "../ui/form-dialog.tsx";
import { useToasts } from "../ui/toast.tsx";
import { useRefresh } from "../ui/use-refresh.ts";
import { organizationsQuery } from "./queries.ts";
import { useOrganization } from "./use-organization.ts";

/** Deletes an organization, after asking what becomes of its users. */
export const DeleteOrganizationDialog = ({
  organization: { name, userCount },
  onClose,
}: {
  organization: Organization;
  onClose(): void;
}) => {
  const { t } = useI18n();
  const toasts = useToasts();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const refresh = useRefresh(["admin"]);
  const others = useOrganization().organizations.filter((other) => other !== name);
  // Nobody is deleted unless that is chosen.
  const [target, setTarget] = useState(others[0] ?? "");
  return (
    <FormDialog
      open
      onOpenChange={onClose}
      title={t("admin.organizations.delete.title", { name })}
      description={t("admin.organizations.delete.text", { count: userCount })}
      action={t("app.delete")}
      danger
      onSend={async (form) => {
        const preserveWorkspaces = form.get("keep") === "on";
        await k8shell.api.deleteOrganization({
          org: name,
          body: target === "" ? { preserveWorkspaces } : { moveUsersToOrg: target, preserveWorkspaces },
        });
        queryClient.setQueryData(organizationsQuery.queryKey, (before) =>
          before?.filter((organization) => organization.name !== name),
        );
        toasts.say(t("admin.organizations.deleted", { name }));
        await navigate({ to: "/admin/organizations" });
        void refresh();
      }}
    >
      {userCount > 0 ? (
        <SelectField
          label={t("admin.organizations.delete.users")}
          value={target}
          onChange={(event) => setTarget(event.target.value)}
        >
          {others.map((other) => (
            <option key={other} value={other}>
              {t("admin.organizations.delete.move", { name: other })}
            </option>
          ))}
          <option value="">{t("admin.organizations.delete.delete")}</option>
        </SelectField>
      ) : null}
      {userCount > 0 ? (
        <Checkbox
          name="keep"
          label={t("admin.organizations.delete.keep")}
          hint={t("admin.organizations.delete.keep.hint")}
          defaultChecked
        />
      ) : null}
    </FormDialog>
  );
};
