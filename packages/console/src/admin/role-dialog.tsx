import type { RoleInfo } from "@k8shell/sdk";
import { useQuery } from "@tanstack/react-query";
import { k8shell } from "../app/server.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { CheckList } from "../ui/choice-group.tsx";
import { TextField } from "../ui/field.tsx";
import { textOf } from "../ui/form.tsx";
import { FormDialog } from "../ui/form-dialog.tsx";
import { useRefresh } from "../ui/use-refresh.ts";
import { blueprintsQuery } from "./queries.ts";
import { allNames } from "./users/all-names.ts";

/** Makes a role, or changes the given one. */
export const RoleDialog = ({
  org,
  role,
  onClose,
}: {
  org: string;
  role: RoleInfo | undefined;
  onClose(): void;
}) => {
  const { t } = useI18n();
  const refresh = useRefresh(["admin"]);
  const { data: blueprints } = useQuery(blueprintsQuery);
  const before = role?.blueprints ?? [];
  const options = [
    { value: "*", hint: t("admin.roles.every") },
    ...(blueprints ?? [])
      .filter(({ isTemplate }) => !isTemplate)
      .map(({ name, description }) => ({ value: name, hint: description })),
  ];
  const offered = new Set(options.map(({ value }) => value));
  const send = async (form: FormData) => {
    const name = role?.name ?? textOf(form, "name") ?? "";
    const description = textOf(form, "description") ?? "";
    const wanted = allNames(form, "blueprints");
    if (role) await k8shell.api.updateRole({ org, name, body: { description } });
    else await k8shell.api.createRole({ org, body: { name, description } });
    const added = wanted.filter((blueprint) => !before.includes(blueprint));
    // What is not offered here stays.
    const removed = before.filter((blueprint) => offered.has(blueprint) && !wanted.includes(blueprint));
    if (added.length > 0) await k8shell.api.addRoleBlueprints({ org, name, body: { blueprints: added } });
    if (removed.length > 0)
      await k8shell.api.removeRoleBlueprints({ org, name, body: { blueprints: removed } });
    await refresh();
  };
  return (
    <FormDialog
      open
      onOpenChange={onClose}
      title={role ? t("admin.roles.edit", { name: role.name }) : t("admin.roles.create")}
      action={t("app.save")}
      ready={blueprints !== undefined}
      onSend={send}
    >
      {role ? null : <TextField name="name" label={t("admin.name")} autoComplete="off" required />}
      <TextField name="description" label={t("admin.description")} defaultValue={role?.description} />
      <CheckList
        key={blueprints ? "all" : ""}
        label={t("account.profile.blueprints")}
        name="blueprints"
        options={options}
        chosen={before}
        empty={t("app.none")}
      />
    </FormDialog>
  );
};
