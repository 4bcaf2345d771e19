import type { LiveConnection } from "@k8shell/sdk";
import { useQuery } from "@tanstack/react-query";
import { Unplug } from "lucide-react";
import { useState } from "react";
import { k8shell } from "../app/server.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { Badge } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { ConfirmAbout } from "../ui/dialog.tsx";
import { Empty, Waiting } from "../ui/page.tsx";
import { ActionsHead, Cell, Head, Table } from "../ui/table.tsx";
import { useToasts } from "../ui/toast.tsx";
import { useRefresh } from "../ui/use-refresh.ts";
import { type LiveOf, liveQuery } from "./queries.ts";
import { useCloseRefusal } from "./use-close-refusal.ts";

/** Terminals, transfers and streams that are open at this moment, and the way to close one. */
export const ConnectionList = ({ of }: { of: LiveOf }) => {
  const { t, ago, date, bytes } = useI18n();
  const toasts = useToasts();
  const { data, error, refetch } = useQuery(liveQuery(of));
  const refresh = useRefresh(["live"]);
  const refusalOf = useCloseRefusal();
  const [closing, setClosing] = useState<LiveConnection>();
  if (error || !data) return <Waiting data={data} error={error} refetch={refetch} />;
  if (data.length === 0) {
    if (typeof of === "object") return <p className="text-sm text-quiet">{t("live.empty.workspace")}</p>;
    return <Empty title={t("live.empty")}>{t("live.empty.text")}</Empty>;
  }
  return (
    <>
      <Table
        label={t("live.title")}
        head={
          <>
            <Head>{t("live.kind")}</Head>
            {of === "own" ? null : <Head>{t("live.user")}</Head>}
            {typeof of === "object" ? null : <Head>{t("live.workspace")}</Head>}
            <Head>{t("live.from")}</Head>
            <Head>{t("live.opened")}</Head>
            <Head>{t("live.active")}</Head>
            <Head className="text-right">{t("live.traffic")}</Head>
            <ActionsHead />
          </>
        }
      >
        {data.map((connection) => (
          <tr key={connection.id}>
            <Cell>
              <Badge tone="accent">{t(`live.kind.${connection.kind}`)}</Badge>
            </Cell>
            {of === "own" ? null : <Cell className="font-medium">{connection.username}</Cell>}
            {typeof of === "object" ? null : <Cell>{connection.workspace || "–"}</Cell>}
            <Cell>
              <span className="block">{connection.clientIP}</span>
              <span className="text-xs text-quiet">
                {t(`live.credential.${connection.credential}`)} {connection.tokenPreview}
              </span>
            </Cell>
            <Cell className="whitespace-nowrap" title={date(connection.openedAt)}>
              {ago(connection.openedAt)}
            </Cell>
            <Cell className="whitespace-nowrap" title={date(connection.lastActiveAt)}>
              {ago(connection.lastActiveAt)}
            </Cell>
            <Cell className="text-right text-xs whitespace-nowrap text-quiet tabular-nums">
              ↓ {bytes(connection.bytesOut)}
              <br />↑ {bytes(connection.bytesIn)}
            </Cell>
            <Cell className="text-right">
              <Button refusal={refusalOf(connection.username)} onClick={() => setClosing(connection)}>
                <Unplug size={16} aria-hidden />
                {t("live.close")}
              </Button>
            </Cell>
          </tr>
        ))}
      </Table>
      <ConfirmAbout
        about={closing}
        onClose={() => setClosing(undefined)}
        title={t("live.close.title")}
        text={t("live.close.text")}
        action={t("live.close")}
        danger
        onConfirm={async (connection) => {
          await k8shell.api.closeLive({ id: connection.id, username: connection.username });
          await refresh();
          toasts.say(t("live.closed"));
        }}
      />
    </>
  );
};
