import type { LiveConnection, Recording, SSHSession } from "@k8shell/sdk";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Play, Unplug } from "lucide-react";
import { useState } from "react";
import { k8shell } from "../app/server.ts";
import { useMay } from "../app/use-may.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { buttonClass, IconButton } from "../ui/button.tsx";
import { ConfirmDialog } from "../ui/dialog.tsx";
import { Empty, Failure, Loading } from "../ui/page.tsx";
import { ActionsHead, Cell, Head, Table } from "../ui/table.tsx";
import { useRefresh } from "../ui/use-refresh.ts";
import { useWorkspace } from "../workspace/use-workspace.ts";
import { operationKeys } from "./operation-keys.ts";
import { liveQuery, recordingsQuery, sessionsQuery } from "./queries.ts";

/** Seconds between two times; none when the first is not known. */
const secondsBetween = (start: string | null, end: string): number =>
  start === null ? 0 : (Date.parse(end) - Date.parse(start)) / 1000;

const LiveRow = ({ connection }: { connection: LiveConnection }) => {
  const { t, ago, bytes, date } = useI18n();
  const [asking, setAsking] = useState(false);
  const { id, kind, username, clientIP, openedAt, bytesIn, bytesOut, workspace } = connection;
  const refresh = useRefresh(liveQuery(workspace).queryKey);
  return (
    <tr>
      <Cell>{t(`sessions.kind.${kind}`)}</Cell>
      <Cell>{username}</Cell>
      <Cell title={date(openedAt)}>{ago(openedAt)}</Cell>
      <Cell className="tabular-nums">{clientIP}</Cell>
      <Cell className="whitespace-nowrap tabular-nums">
        {t("sessions.traffic", { in: bytes(bytesIn), out: bytes(bytesOut) })}
      </Cell>
      <Cell>
        <div className="flex justify-end">
          <IconButton label={t("sessions.disconnect")} onClick={() => setAsking(true)}>
            <Unplug size={16} aria-hidden />
          </IconButton>
        </div>
        <ConfirmDialog
          open={asking}
          onOpenChange={setAsking}
          title={t("sessions.disconnect.title")}
          text={t("sessions.disconnect.text")}
          action={t("sessions.disconnect")}
          onConfirm={async () => {
            await k8shell.api.closeLive({ id, username });
            await refresh();
          }}
        />
      </Cell>
    </tr>
  );
};

const SessionRow = ({ session, recording }: { session: SSHSession; recording: Recording | undefined }) => {
  const { t, ago, bytes, date, duration } = useI18n();
  const { sessionID, username, client, clientIP, startTime, endTime, bytesIn, bytesOut, operations } =
    session;
  const words = new Set(
    operations.map((operation) => {
      const key = operationKeys[operation];
      return key ? t(key) : operation;
    }),
  );
  return (
    <tr>
      <Cell title={date(startTime)}>{ago(startTime)}</Cell>
      <Cell>{username}</Cell>
      <Cell className="tabular-nums">
        {endTime === null ? (
          <span className="font-semibold text-good">{t("sessions.now")}</span>
        ) : (
          duration(secondsBetween(startTime, endTime))
        )}
      </Cell>
      <Cell>{[...words].join(", ") || "–"}</Cell>
      <Cell>
        <span className="block max-w-56 truncate" title={client}>
          {client || "–"}
        </span>
        <span className="text-xs text-quiet tabular-nums">{clientIP}</span>
      </Cell>
      <Cell className="whitespace-nowrap tabular-nums">
        {t("sessions.traffic", { in: bytes(bytesIn), out: bytes(bytesOut) })}
      </Cell>
      <Cell>
        {recording ? (
          <Link
            to="/workspaces/$name/sessions/$session"
            params={{ name: session.workspace, session: sessionID }}
            className={buttonClass("plain")}
            aria-label={t("sessions.replay.of", { date: date(startTime) })}
          >
            <Play size={16} aria-hidden />
            {t("sessions.replay")}
          </Link>
        ) : null}
      </Cell>
    </tr>
  );
};

/** Who is connected to a workspace and who was, with what was recorded. */
export const SessionsPage = () => {
  const { t } = useI18n();
  const { name, workspace } = useWorkspace();
  const owner = workspace?.username ?? "";
  const refusal = useMay(workspace?.username)("session:list").refusal;
  const enabled = workspace !== undefined && refusal === undefined;
  const now = useQuery({ ...liveQuery(name), enabled });
  const past = useQuery({ ...sessionsQuery(name, owner), enabled });
  const { data: recordings } = useQuery({ ...recordingsQuery(name, owner), enabled });
  if (refusal !== undefined) {
    return (
      <div className="p-6">
        <Empty title={t("sessions.refused")}>
          <p>{refusal}</p>
        </Empty>
      </div>
    );
  }
  const history = past.data?.toReversed();
  return (
    <div className="mx-auto grid w-full max-w-6xl gap-8 px-4 py-6">
      <section className="grid gap-3" aria-labelledby="live-heading">
        <h2 id="live-heading" className="text-base font-semibold">
          {t("sessions.live")}
        </h2>
        {now.error && !now.data ? <Failure error={now.error} onRetry={() => void now.refetch()} /> : null}
        {now.data?.length === 0 ? <p className="text-sm text-quiet">{t("sessions.live.none")}</p> : null}
        {now.data && now.data.length > 0 ? (
          <Table
            label={t("sessions.live")}
            head={
              <>
                <Head>{t("sessions.what")}</Head>
                <Head>{t("sessions.who")}</Head>
                <Head>{t("sessions.since")}</Head>
                <Head>{t("sessions.from")}</Head>
                <Head>{t("sessions.transfer")}</Head>
                <ActionsHead />
              </>
            }
          >
            {now.data.map((connection) => (
              <LiveRow key={connection.id} connection={connection} />
            ))}
          </Table>
        ) : null}
      </section>
      <section className="grid gap-3" aria-labelledby="history-heading">
        <h2 id="history-heading" className="text-base font-semibold">
          {t("sessions.history")}
        </h2>
        {past.error && !history ? <Failure error={past.error} onRetry={() => void past.refetch()} /> : null}
        {!history && !past.error ? <Loading /> : null}
        {history?.length === 0 ? <Empty title={t("sessions.none")} /> : null}
        {history && history.length > 0 ? (
          <Table
            label={t("sessions.history")}
            head={
              <>
                <Head>{t("sessions.began")}</Head>
                <Head>{t("sessions.who")}</Head>
                <Head>{t("sessions.lasted")}</Head>
                <Head>{t("sessions.what")}</Head>
                <Head>{t("sessions.client")}</Head>
                <Head>{t("sessions.transfer")}</Head>
                <ActionsHead />
              </>
            }
          >
            {history.map((session) => (
              <SessionRow
                key={session.sessionID}
                session={session}
                recording={recordings?.get(session.sessionID)}
              />
            ))}
          </Table>
        ) : null}
      </section>
    </div>
  );
};
