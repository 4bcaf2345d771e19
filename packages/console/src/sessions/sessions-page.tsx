import type { Recording, SSHSession } from "@k8shell/sdk";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Play } from "lucide-react";
import { useMay } from "../app/use-may.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { ConnectionList } from "../live/connection-list.tsx";
import { buttonClass } from "../ui/button.tsx";
import { Empty, Failure, Loading } from "../ui/page.tsx";
import { ActionsHead, Cell, Head, Table } from "../ui/table.tsx";
import { useWorkspace } from "../workspace/use-workspace.ts";
import { operationKeys } from "./operation-keys.ts";
import { recordingsQuery, sessionsQuery } from "./queries.ts";

/** Seconds between two times; none when the first is not known. */
const secondsBetween = (start: string | null, end: string): number =>
  start === null ? 0 : (Date.parse(end) - Date.parse(start)) / 1000;

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
        <ConnectionList of={{ workspace: name }} />
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
