import type { EnvVar, EnvVarCreateRequest, EnvVarUpdateRequest } from "@k8shell/sdk";
import { Plus } from "lucide-react";
import { useState } from "react";
import { useI18n } from "../i18n/i18n.tsx";
import { Badge } from "../ui/badge.tsx";
import { Button, DeleteButton, EditButton } from "../ui/button.tsx";
import { ConfirmAbout } from "../ui/dialog.tsx";
import { Checkbox, TextArea, TextField } from "../ui/field.tsx";
import { textOf } from "../ui/form.tsx";
import { FormDialog } from "../ui/form-dialog.tsx";
import { Empty } from "../ui/page.tsx";
import { ActionsHead, Cell, Head, Table } from "../ui/table.tsx";

export interface VariableListProps {
  readonly variables: readonly EnvVar[];
  /** Why nothing can be changed here. */
  readonly refusal: string | undefined;
  /** Is it set elsewhere, and only shown here? */
  inherited?(variable: EnvVar): boolean;
  onCreate(body: EnvVarCreateRequest): Promise<unknown>;
  onUpdate(key: string, body: EnvVarUpdateRequest): Promise<unknown>;
  onDelete(key: string): Promise<unknown>;
}

/** Environment variables of a user or an organization, and the ways to change them. */
export const VariableList = ({
  variables,
  refusal,
  inherited = () => false,
  onCreate,
  onUpdate,
  onDelete,
}: VariableListProps) => {
  const { t, ago, date } = useI18n();
  const [editing, setEditing] = useState<EnvVar | "new">();
  const [leaving, setLeaving] = useState<EnvVar>();
  const known = editing === "new" ? undefined : editing;
  const add = (
    <Button tone="primary" refusal={refusal} onClick={() => setEditing("new")}>
      <Plus size={16} aria-hidden />
      {t("variables.add")}
    </Button>
  );
  return (
    <>
      {variables.length === 0 ? (
        <Empty title={t("variables.empty")}>
          <p>{t("variables.empty.text")}</p>
          {add}
        </Empty>
      ) : (
        <>
          <div>{add}</div>
          <Table
            label={t("variables.title")}
            head={
              <>
                <Head>{t("variables.key")}</Head>
                <Head>{t("variables.value")}</Head>
                <Head>{t("variables.changed")}</Head>
                <ActionsHead />
              </>
            }
          >
            {variables.map((variable) => {
              const { key, value, isSecret, redacted, updatedAt } = variable;
              const fixed = inherited(variable) ? t("variables.inherited") : undefined;
              return (
                <tr key={`${variable.origin ?? ""} ${key}`}>
                  <Cell className="font-mono text-xs font-semibold">
                    <span className="flex items-center gap-2">
                      {key}
                      {fixed ? <Badge>{t("variables.org")}</Badge> : null}
                      {isSecret ? <Badge tone="warn">{t("variables.secret")}</Badge> : null}
                    </span>
                  </Cell>
                  <Cell className="max-w-64 truncate font-mono text-xs" title={redacted ? undefined : value}>
                    {redacted || isSecret ? "••••••••" : value}
                  </Cell>
                  <Cell className="whitespace-nowrap text-quiet" title={date(updatedAt)}>
                    {ago(updatedAt)}
                  </Cell>
                  <Cell className="text-right whitespace-nowrap">
                    <EditButton
                      label={t("variables.edit", { name: key })}
                      refusal={refusal ?? fixed}
                      onClick={() => setEditing(variable)}
                    />
                    <DeleteButton
                      label={t("variables.delete", { name: key })}
                      refusal={refusal ?? fixed}
                      onClick={() => setLeaving(variable)}
                    />
                  </Cell>
                </tr>
              );
            })}
          </Table>
        </>
      )}
      <FormDialog
        open={editing !== undefined}
        onOpenChange={() => setEditing(undefined)}
        title={known ? t("variables.edit", { name: known.key }) : t("variables.add")}
        description={t("variables.when")}
        action={t("app.save")}
        onSend={async (form) => {
          const isSecret = form.get("secret") === "on";
          const value = String(form.get("value") ?? "");
          if (known) {
            // A secret is not shown: left empty it stays as it is.
            const keep = known.isSecret && value === "";
            await onUpdate(known.key, keep ? { isSecret } : { value, isSecret });
          } else await onCreate({ key: textOf(form, "key") ?? "", value, isSecret });
        }}
      >
        {known ? null : (
          <TextField
            name="key"
            label={t("variables.key")}
            hint={t("variables.key.hint")}
            pattern="[A-Za-z_][A-Za-z0-9_]*"
            maxLength={128}
            className="font-mono"
            autoCapitalize="none"
            spellCheck={false}
            required
          />
        )}
        <TextArea
          name="value"
          label={t("variables.value")}
          hint={known?.isSecret ? t("variables.value.keep") : undefined}
          defaultValue={known && !known.isSecret ? known.value : ""}
          rows={3}
          className="font-mono text-xs"
          spellCheck={false}
        />
        <Checkbox
          name="secret"
          label={t("variables.secret")}
          hint={t("variables.secret.hint")}
          defaultChecked={known?.isSecret ?? false}
        />
      </FormDialog>
      <ConfirmAbout
        about={leaving}
        onClose={() => setLeaving(undefined)}
        title={t("variables.delete.title", { name: leaving?.key ?? "" })}
        text={t("variables.delete.text")}
        action={t("app.delete")}
        danger
        onConfirm={({ key }) => onDelete(key)}
      />
    </>
  );
};
