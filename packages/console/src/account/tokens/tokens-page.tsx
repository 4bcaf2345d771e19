import type { AccessToken } from "@k8shell/sdk";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { EllipsisVertical, Plus } from "lucide-react";
import { useState } from "react";
import { k8shell } from "../../app/server.ts";
import { useMay } from "../../app/use-may.ts";
import { useI18n } from "../../i18n/i18n.tsx";
import { Badge } from "../../ui/badge.tsx";
import { buttonClass, IconButton } from "../../ui/button.tsx";
import { ConfirmAbout } from "../../ui/dialog.tsx";
import { FormDialog } from "../../ui/form-dialog.tsx";
import { Menu, MenuItem } from "../../ui/menu.tsx";
import { Empty, Waiting } from "../../ui/page.tsx";
import { SectionHead } from "../../ui/section.tsx";
import { ActionsHead, Cell, Head, Table } from "../../ui/table.tsx";
import { useToasts } from "../../ui/toast.tsx";
import { useRefresh } from "../../ui/use-refresh.ts";
import { tokensQuery } from "../queries.ts";
import { expiryOf } from "./expiry.ts";
import { ExpiryFields } from "./expiry-fields.tsx";
import { SecretOnce } from "./secret-once.tsx";
import { useTokenLimit } from "./use-token-limits.ts";

const isOver = ({ expiresAt }: AccessToken): boolean =>
  expiresAt !== null && new Date(expiresAt).getTime() < Date.now();

const State = ({ token }: { token: AccessToken }) => {
  const { t } = useI18n();
  if (isOver(token)) return <Badge tone="danger">{t("tokens.state.expired")}</Badge>;
  if (!token.isActive) return <Badge tone="warn">{t("tokens.state.off")}</Badge>;
  return <Badge tone="good">{t("tokens.state.active")}</Badge>;
};

const Row = ({ token, onRenew, onRevoke }: { token: AccessToken; onRenew(): void; onRevoke(): void }) => {
  const { t, ago, date } = useI18n();
  const may = useMay();
  const navigate = useNavigate();
  return (
    <tr>
      <Cell>
        <span className="block font-semibold">{token.name}</span>
        <code className="text-xs text-quiet">{token.tokenPreview}…</code>
      </Cell>
      <Cell>
        <State token={token} />
      </Cell>
      <Cell className="max-w-64">
        <span className="line-clamp-2 font-mono text-xs break-all" title={token.scopes.join("\n")}>
          {token.scopes.join(", ")}
        </span>
      </Cell>
      <Cell className="whitespace-nowrap" title={date(token.lastUsedAt)}>
        {token.lastUsedAt ? ago(token.lastUsedAt) : t("app.never")}
      </Cell>
      <Cell className="whitespace-nowrap" title={date(token.expiresAt)}>
        {token.expiresAt ? ago(token.expiresAt) : t("app.never")}
      </Cell>
      <Cell className="text-right">
        <Menu
          trigger={
            <IconButton label={t("tokens.more", { name: token.name })}>
              <EllipsisVertical size={18} aria-hidden />
            </IconButton>
          }
        >
          <MenuItem
            refusal={may("token:write").refusal}
            onSelect={() => void navigate({ to: "/account/tokens/$id", params: { id: String(token.id) } })}
          >
            {t("tokens.edit")}
          </MenuItem>
          <MenuItem refusal={may("token:create").refusal} onSelect={onRenew}>
            {t("tokens.renew")}
          </MenuItem>
          <MenuItem danger refusal={may("token:delete").refusal} onSelect={onRevoke}>
            {t("tokens.revoke")}
          </MenuItem>
        </Menu>
      </Cell>
    </tr>
  );
};

/** The tokens that act for the caller. */
export const TokensPage = () => {
  const { t } = useI18n();
  const toasts = useToasts();
  const limit = useTokenLimit();
  const { data: tokens, error, refetch } = useQuery(tokensQuery);
  const refresh = useRefresh(tokensQuery.queryKey);
  const [renewing, setRenewing] = useState<AccessToken>();
  const [revoking, setRevoking] = useState<AccessToken>();
  const [renewed, setRenewed] = useState<string>();
  const add = (
    <Link to="/account/tokens/new" className={buttonClass("primary")}>
      <Plus size={16} aria-hidden />
      {t("tokens.create")}
    </Link>
  );
  return (
    <>
      <SectionHead
        title={t("account.tokens")}
        lead={t("tokens.lead")}
        actions={tokens?.length ? add : undefined}
      />
      {renewed === undefined ? null : (
        <SecretOnce title={t("tokens.made")} text={t("tokens.renewed.text")} secret={renewed} />
      )}
      <Waiting data={tokens} error={error} refetch={refetch} />
      {tokens?.length === 0 ? (
        <Empty title={t("tokens.empty")}>
          <p>{t("tokens.empty.text")}</p>
          {add}
        </Empty>
      ) : null}
      {tokens?.length ? (
        <Table
          label={t("account.tokens")}
          head={
            <>
              <Head>{t("tokens.name")}</Head>
              <Head>{t("tokens.state")}</Head>
              <Head>{t("tokens.scopes")}</Head>
              <Head>{t("tokens.used")}</Head>
              <Head>{t("tokens.expires")}</Head>
              <ActionsHead />
            </>
          }
        >
          {tokens.map((token) => (
            <Row
              key={token.id}
              token={token}
              onRenew={() => setRenewing(token)}
              onRevoke={() => setRevoking(token)}
            />
          ))}
        </Table>
      ) : null}
      <FormDialog
        open={renewing !== undefined}
        onOpenChange={() => setRenewing(undefined)}
        title={t("tokens.renew.title", { name: renewing?.name ?? "" })}
        description={t("tokens.renew.text")}
        action={t("tokens.renew")}
        onSend={async (form) => {
          if (!renewing) return;
          const { token } = await k8shell.api.createMyToken({
            body: {
              name: renewing.name,
              scopes: renewing.scopes,
              expires_at: expiryOf(form, new Date()),
              renew: true,
            },
          });
          setRenewed(token);
          await refresh();
        }}
      >
        <ExpiryFields limit={limit} />
      </FormDialog>
      <ConfirmAbout
        about={revoking}
        onClose={() => setRevoking(undefined)}
        title={t("tokens.revoke.title", { name: revoking?.name ?? "" })}
        text={t("tokens.revoke.text")}
        action={t("tokens.revoke")}
        danger
        onConfirm={async (token) => {
          await k8shell.api.revokeMyToken({ id: token.id });
          await refresh();
          toasts.say(t("tokens.revoked", { name: token.name }));
        }}
      />
    </>
  );
};
