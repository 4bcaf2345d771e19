import type { UserCredential } from "@k8shell/sdk";
import { useState } from "react";
import { k8shell } from "../app/server.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { Checkbox, SelectField, TextField } from "../ui/field.tsx";
import { textOf } from "../ui/form.tsx";
import { FormDialog } from "../ui/form-dialog.tsx";
import { type CredentialKind, credentialKinds, scopeExample } from "./credential-kinds.ts";

const kindOf = (text: string | undefined): CredentialKind | undefined =>
  credentialKinds.find((kind) => kind === text);

const create = (kind: CredentialKind, form: FormData): Promise<unknown> => {
  const body = { scope: textOf(form, "scope") ?? "", subject: textOf(form, "subject") ?? "" };
  const secret = String(form.get("secret") ?? "");
  if (kind === "git") return k8shell.api.addMyGitCredential({ body: { ...body, secret } });
  if (kind === "registry") return k8shell.api.addMyRegistryCredential({ body: { ...body, secret } });
  return k8shell.api.addMyKubernetesCredential({ body });
};

/** Makes a credential, or changes the given one. */
export const CredentialDialog = ({
  credential,
  kinds,
  onClose,
  onSaved,
}: {
  credential: UserCredential | undefined;
  kinds: readonly CredentialKind[];
  onClose(): void;
  onSaved(): Promise<void>;
}) => {
  const { t } = useI18n();
  const [chosen, setChosen] = useState<CredentialKind>(kindOf(credential?.serviceName) ?? kinds[0] ?? "git");
  return (
    <FormDialog
      open
      onOpenChange={onClose}
      title={
        credential
          ? t("account.credentials.edit", { name: credential.serviceScope })
          : t("account.credentials.add")
      }
      action={t("app.save")}
      onSend={async (form) => {
        if (credential) {
          await k8shell.api.updateMyCredential({
            id: credential.id,
            body: {
              scope: textOf(form, "scope"),
              subject: textOf(form, "subject"),
              secret: textOf(form, "secret"),
              active: form.get("active") === "on",
            },
          });
        } else await create(chosen, form);
        await onSaved();
      }}
    >
      {credential ? null : (
        <SelectField
          label={t("account.credentials.kind")}
          value={chosen}
          onChange={({ target }) => setChosen(kindOf(target.value) ?? "git")}
        >
          {kinds.map((kind) => (
            <option key={kind} value={kind}>
              {t(`account.credentials.kind.${kind}`)}
            </option>
          ))}
        </SelectField>
      )}
      <TextField
        name="scope"
        label={t("account.credentials.scope")}
        hint={t(`account.credentials.scope.${chosen}`)}
        placeholder={scopeExample[chosen]}
        defaultValue={credential?.serviceScope}
        autoCapitalize="none"
        spellCheck={false}
        required
      />
      <TextField
        name="subject"
        label={t(
          chosen === "kubernetes" ? "account.credentials.subject.kubernetes" : "account.credentials.subject",
        )}
        defaultValue={credential?.subject}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        required
      />
      {chosen === "kubernetes" ? null : (
        <TextField
          name="secret"
          type="password"
          label={t("account.credentials.secret")}
          hint={t(credential ? "account.credentials.secret.keep" : "account.credentials.secret.hint")}
          autoComplete="off"
          required={!credential}
        />
      )}
      {credential ? (
        <Checkbox
          name="active"
          label={t("account.credentials.active")}
          hint={t("account.credentials.active.hint")}
          defaultChecked={credential.isActive}
        />
      ) : null}
    </FormDialog>
  );
};
