import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { k8shell } from "../../app/server.ts";
import { useMay } from "../../app/use-may.ts";
import { useI18n } from "../../i18n/i18n.tsx";
import { CheckList } from "../../ui/choice-group.tsx";
import { Checkbox, SelectField, TextField } from "../../ui/field.tsx";
import { textOf } from "../../ui/form.tsx";
import { FormDialog } from "../../ui/form-dialog.tsx";
import { useRefresh } from "../../ui/use-refresh.ts";
import { rolesQuery } from "../queries.ts";
import { roleOptions } from "../role-options.ts";
import { useOrganization } from "../use-organization.ts";
import { allNames } from "./all-names.ts";

/** Makes a user and goes to their page. */
export const NewUserDialog = ({ onClose }: { onClose(): void }) => {
  const { t } = useI18n();
  const navigate = useNavigate();
  const refresh = useRefresh(["admin"]);
  const { organization, organizations, choose } = useOrganization();
  const { data: roles } = useQuery({ ...rolesQuery(organization), enabled: organization !== "" });
  const may = useMay();
  return (
    <FormDialog
      open
      onOpenChange={onClose}
      title={t("admin.users.create")}
      action={t("admin.users.create")}
      ready={roles !== undefined}
      onSend={async (form) => {
        const password = String(form.get("password") ?? "");
        const { username } = await k8shell.api.createUser({
          body: {
            username: textOf(form, "username") ?? "",
            fullname: textOf(form, "fullname"),
            email: textOf(form, "email"),
            org: organization,
            roles: allNames(form, "roles"),
            sudo: form.get("sudo") === "on",
            ...(password === "" ? {} : { password }),
          },
        });
        await refresh();
        await navigate({ to: "/admin/users/$username", params: { username } });
      }}
    >
      <TextField
        name="username"
        label={t("account.profile.username")}
        hint={t("admin.users.username.hint")}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        maxLength={63}
        required
        autoFocus
      />
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField name="fullname" label={t("account.profile.fullname")} autoComplete="off" />
        <TextField name="email" type="email" label={t("account.profile.email")} autoComplete="off" />
      </div>
      {organizations.length > 1 ? (
        <SelectField
          label={t("admin.organization")}
          value={organization}
          onChange={({ target }) => choose(target.value)}
        >
          {organizations.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </SelectField>
      ) : null}
      <CheckList
        // Another list has other ticks.
        key={roles ? organization : ""}
        label={t("admin.roles")}
        name="roles"
        options={roleOptions(roles, may("user:create"), t("admin.roles.refusal"))}
        chosen={roles?.some(({ name }) => name === "developer") ? ["developer"] : []}
        empty={t("admin.roles.none")}
      />
      <TextField
        name="password"
        type="password"
        label={t("account.password")}
        hint={t("admin.users.password.hint")}
        autoComplete="new-password"
        minLength={8}
        maxLength={72}
      />
      {may("user:write:sudo").allowed ? (
        <Checkbox name="sudo" label={t("account.profile.sudo")} hint={t("admin.users.sudo.hint")} />
      ) : null}
    </FormDialog>
  );
};
