import type { UserCredential } from "@k8shell/sdk";
import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import { k8shell } from "../app/server.ts";
import { useMay } from "../app/use-may.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { Badge } from "../ui/badge.tsx";
import { Button, DeleteButton, EditButton } from "../ui/button.tsx";
import { ConfirmAbout } from "../ui/dialog.tsx";
import { Empty, Waiting } from "../ui/page.tsx";
import { SectionHead } from "../ui/section.tsx";
import { ActionsHead, Cell, Head, Table } from "../ui/table.tsx";
import { useRefresh } from "../ui/use-refresh.ts";
import { CredentialDialog } from "./credential-dialog.tsx";
import { type CredentialKind, credentialKinds } from "./credential-kinds.ts";
import { credentialsQuery } from "./queries.ts";

/** Logins that workspaces use on behalf of their owner. */
export const CredentialsPage = () => {
  const { t, ago, date } = useI18n();
  const may = useMay();
  const { data: credentials, error, refetch } = useQuery(credentialsQuery);
  const refresh = useRefresh(credentialsQuery.queryKey);
  const [editing, setEditing] = useState<UserCredential | "new">();
  const [leaving, setLeaving] = useState<UserCredential>();
  const kinds = credentialKinds.filter((kind) => may(`user:write:credentials:${kind}`).allowed);
  const refusal =
    kinds.length > 0
      ? undefined
      : may(`user:write:credentials:${credentialKinds[0] as CredentialKind}`).reason;
  const add = (
    <Button tone="primary" refusal={refusal} onClick={() => setEditing("new")}>
      <Plus size={16} aria-hidden />
      {t("account.credentials.add")}
    </Button>
  );
  return (
    <>
      <SectionHead
        title={t("account.credentials")}
        lead={t("account.credentials.lead")}
        actions={credentials?.length ? add : undefined}
      />
      <Waiting data={credentials} error={error} refetch={refetch} />
      {credentials?.length === 0 ? (
        <Empty title={t("account.credentials.empty")}>
          <p>{t("account.credentials.empty.text")}</p>
          {add}
        </Empty>
      ) : null}
      {credentials?.length ? (
        <Table
          label={t("account.credentials")}
          head={
            <>
              <Head>{t("account.credentials.kind")}</Head>
              <Head>{t("account.credentials.scope")}</Head>
              <Head>{t("account.credentials.subject")}</Head>
              <Head>{t("account.credentials.used")}</Head>
              <ActionsHead />
            </>
          }
        >
          {credentials.map((credential) => {
            const { id, serviceName, serviceScope, subject, isActive, lastUsedAt } = credential;
            const own =
              credential.credentialSource === "stored" || credential.credentialSource === "kubernetes";
            const refused =
              may(`user:write:credentials:${serviceName}`).refusal ??
              (own ? undefined : t("account.credentials.upstream", { source: credential.credentialSource }));
            return (
              <tr key={`${id} ${serviceName} ${serviceScope}`}>
                <Cell>
                  <span className="flex items-center gap-2">
                    <Badge tone="accent">{serviceName}</Badge>
                    {isActive ? null : <Badge tone="warn">{t("account.credentials.inactive")}</Badge>}
                  </span>
                </Cell>
                <Cell className="font-mono text-xs">{serviceScope}</Cell>
                <Cell>{subject}</Cell>
                <Cell className="whitespace-nowrap text-quiet" title={date(lastUsedAt)}>
                  {lastUsedAt ? ago(lastUsedAt) : t("app.never")}
                </Cell>
                <Cell className="text-right whitespace-nowrap">
                  <EditButton
                    label={t("account.credentials.edit", { name: serviceScope })}
                    refusal={refused}
                    onClick={() => setEditing(credential)}
                  />
                  <DeleteButton
                    label={t("account.credentials.delete", { name: serviceScope })}
                    refusal={refused}
                    onClick={() => setLeaving(credential)}
                  />
                </Cell>
              </tr>
            );
          })}
        </Table>
      ) : null}
      {editing ? (
        <CredentialDialog
          credential={editing === "new" ? undefined : editing}
          kinds={kinds}
          onClose={() => setEditing(undefined)}
          onSaved={refresh}
        />
      ) : null}
      <ConfirmAbout
        about={leaving}
        onClose={() => setLeaving(undefined)}
        title={t("account.credentials.delete.title", { name: leaving?.serviceScope ?? "" })}
        text={t("account.credentials.delete.text")}
        action={t("app.delete")}
        danger
        onConfirm={async (credential) => {
          await k8shell.api.deleteMyCredential({ id: credential.id });
          await refresh();
        }}
      />
    </>
  );
};
