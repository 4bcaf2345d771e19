import type { UserAuthKey } from "@k8shell/sdk";
import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import { k8shell } from "../app/server.ts";
import { useMay } from "../app/use-may.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { Badge } from "../ui/badge.tsx";
import { Button, DeleteButton } from "../ui/button.tsx";
import { ConfirmAbout } from "../ui/dialog.tsx";
import { TextArea } from "../ui/field.tsx";
import { textOf } from "../ui/form.tsx";
import { FormDialog } from "../ui/form-dialog.tsx";
import { Empty, Waiting } from "../ui/page.tsx";
import { SectionHead } from "../ui/section.tsx";
import { ActionsHead, Cell, Head, Table } from "../ui/table.tsx";
import { useToasts } from "../ui/toast.tsx";
import { useRefresh } from "../ui/use-refresh.ts";
import { keysQuery } from "./queries.ts";

type Key = UserAuthKey & { readonly fingerprint: string };

/** The kind of a public key and what its owner wrote behind it. */
const partsOf = ({ key }: Key) => {
  const [kind = "", , ...comment] = key.split(/\s+/);
  return { kind, comment: comment.join(" ") };
};

/** The keys that one reaches one's workspaces with by SSH. */
export const KeysPage = () => {
  const { t } = useI18n();
  const toasts = useToasts();
  const write = useMay()("user:write:keys");
  const { data: keys, error, refetch } = useQuery(keysQuery);
  const refresh = useRefresh(keysQuery.queryKey);
  const [adding, setAdding] = useState(false);
  const [leaving, setLeaving] = useState<Key>();
  const addButton = (
    <Button tone="primary" refusal={write.refusal} onClick={() => setAdding(true)}>
      <Plus size={16} aria-hidden />
      {t("account.keys.add")}
    </Button>
  );
  return (
    <>
      <SectionHead
        title={t("account.keys")}
        lead={t("account.keys.lead")}
        actions={keys?.length ? addButton : undefined}
      />
      <Waiting data={keys} error={error} refetch={refetch} />
      {keys?.length === 0 ? (
        <Empty title={t("account.keys.empty")}>
          <p>{t("account.keys.empty.text")}</p>
          {addButton}
        </Empty>
      ) : null}
      {keys?.length ? (
        <Table
          label={t("account.keys")}
          head={
            <>
              <Head>{t("account.keys.name")}</Head>
              <Head>{t("account.keys.fingerprint")}</Head>
              <Head>{t("account.keys.source")}</Head>
              <ActionsHead />
            </>
          }
        >
          {keys.map((key) => {
            const { kind, comment } = partsOf(key);
            const upstream = key.source !== "local";
            return (
              <tr key={`${key.index} ${key.key}`}>
                <Cell>
                  <span className="block font-medium">{comment || t("account.keys.noName")}</span>
                  <span className="text-xs text-quiet">{kind}</span>
                </Cell>
                <Cell className="font-mono text-xs">{key.fingerprint}</Cell>
                <Cell>
                  <Badge>{upstream ? key.source : t("account.keys.own")}</Badge>
                </Cell>
                <Cell className="text-right">
                  <DeleteButton
                    label={t("account.keys.remove", { name: comment || key.fingerprint })}
                    refusal={write.refusal ?? (upstream ? t("account.keys.upstream") : undefined)}
                    onClick={() => setLeaving(key)}
                  />
                </Cell>
              </tr>
            );
          })}
        </Table>
      ) : null}
      <FormDialog
        open={adding}
        onOpenChange={setAdding}
        title={t("account.keys.add")}
        description={t("account.keys.add.text")}
        action={t("account.keys.add")}
        onSend={async (form) => {
          const lines = (textOf(form, "keys") ?? "").split("\n").map((line) => line.trim());
          await k8shell.api.addMyKeys({ body: { keys: lines.filter((line) => line !== "") } });
          await refresh();
          toasts.say(t("account.keys.added"));
        }}
      >
        <TextArea
          name="keys"
          label={t("account.keys.key")}
          hint={t("account.keys.key.hint")}
          rows={5}
          className="font-mono text-xs"
          spellCheck={false}
          placeholder="ssh-ed25519 AAAA… you@laptop"
          required
        />
      </FormDialog>
      <ConfirmAbout
        about={leaving}
        onClose={() => setLeaving(undefined)}
        title={t("account.keys.remove.title")}
        text={t("account.keys.remove.text")}
        action={t("app.delete")}
        danger
        onConfirm={async (key) => {
          await k8shell.api.deleteMyKey({ index: key.index });
          await refresh();
        }}
      />
    </>
  );
};
