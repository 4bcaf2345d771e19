import type { OnboardRule } from "@k8shell/sdk";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { k8shell } from "../app/server.ts";
import { useMay } from "../app/use-may.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { providersQuery } from "../sign-in/queries.ts";
import { CheckList } from "../ui/choice-group.tsx";
import { Checkbox, SelectField, TextArea, TextField } from "../ui/field.tsx";
import { textOf } from "../ui/form.tsx";
import { FormDialog } from "../ui/form-dialog.tsx";
import { rolesQuery } from "./queries.ts";
import { roleOptions } from "./role-options.ts";
import { allNames } from "./users/all-names.ts";

const ruleActions = ["allow", "waitlist", "reject"] as const;
type RuleAction = (typeof ruleActions)[number];

export const isRuleAction = (text: string): text is RuleAction =>
  ruleActions.some((action) => action === text);

/** Makes an onboarding rule, or replaces what the given one says. */
export const OnboardRuleDialog = ({
  org,
  rule,
  onClose,
  onSaved,
}: {
  org: string;
  rule: OnboardRule | undefined;
  onClose(): void;
  onSaved(): Promise<void>;
}) => {
  const { t } = useI18n();
  const may = useMay();
  const { data: roles } = useQuery(rolesQuery(org));
  const { data: providers } = useQuery(providersQuery);
  const [action, setAction] = useState<RuleAction>(rule && isRuleAction(rule.action) ? rule.action : "allow");
  return (
    <FormDialog
      open
      onOpenChange={onClose}
      title={rule ? t("admin.onboarding.edit", { name: rule.usernamePattern }) : t("admin.onboarding.create")}
      action={t("app.save")}
      ready={roles !== undefined}
      onSend={async (form) => {
        const said = {
          action,
          priority: Number(textOf(form, "priority") ?? 100),
          roles: allNames(form, "roles"),
          sudo: form.get("sudo") === "on",
          note: textOf(form, "note") ?? "",
        };
        if (rule) {
          const { fullname, email } = rule;
          await k8shell.api.updateOnboardRule({ org, id: rule.id, body: { ...said, fullname, email } });
        } else {
          await k8shell.api.createOnboardRule({
            org,
            body: {
              ...said,
              idp: textOf(form, "idp") ?? "",
              usernamePattern: textOf(form, "pattern") ?? "",
            },
          });
        }
        await onSaved();
      }}
    >
      {rule ? null : (
        <>
          <TextField
            name="idp"
            label={t("admin.onboarding.idp")}
            hint={t("admin.onboarding.idp.hint")}
            list="idps"
            autoComplete="off"
            required
          />
          <datalist id="idps">
            {providers?.map(({ name }) => (
              <option key={name} value={name} />
            ))}
          </datalist>
          <TextField
            name="pattern"
            label={t("admin.onboarding.pattern")}
            hint={t("admin.onboarding.pattern.hint")}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            required
          />
        </>
      )}
      <div className="grid gap-4 sm:grid-cols-2">
        <SelectField
          label={t("admin.onboarding.action")}
          value={action}
          onChange={({ target }) => setAction(isRuleAction(target.value) ? target.value : "allow")}
        >
          {ruleActions.map((value) => (
            <option key={value} value={value}>
              {t(`admin.onboarding.action.${value}`)}
            </option>
          ))}
        </SelectField>
        <TextField
          name="priority"
          type="number"
          label={t("admin.onboarding.priority")}
          hint={t("admin.onboarding.priority.hint")}
          defaultValue={rule?.priority ?? 100}
          required
        />
      </div>
      {action === "reject" ? null : (
        <>
          <CheckList
            key={roles ? "all" : ""}
            label={t("admin.roles")}
            name="roles"
            options={roleOptions(
              roles,
              may(rule ? "onboardrule:update" : "onboardrule:create"),
              t("admin.roles.refusal"),
            )}
            chosen={rule?.roles ?? []}
            empty={t("admin.roles.none")}
          />
          <Checkbox
            name="sudo"
            label={t("account.profile.sudo")}
            hint={t("admin.users.sudo.hint")}
            defaultChecked={rule?.sudo ?? false}
          />
        </>
      )}
      <TextArea
        name="note"
        label={t("admin.onboarding.note")}
        defaultValue={rule?.note}
        rows={2}
        maxLength={1024}
      />
    </FormDialog>
  );
};
