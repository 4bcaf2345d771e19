import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { ChevronLeft, Download } from "lucide-react";
import { useMemo, useState } from "react";
import { k8shell, serverAddress } from "../app/server.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { buttonClass } from "../ui/button.tsx";
import { Checkbox } from "../ui/field.tsx";
import { Waiting } from "../ui/page.tsx";
import { shortenPauses } from "./cast.ts";
import { loadCast } from "./load-cast.ts";
import { PlayerView } from "./player-view.tsx";

const route = getRouteApi("/signed-in/workspaces/$name/sessions/$session");

/** Longer pauses are skipped when that is wanted, seconds. */
const longestPause = 2;

/** Shows what was recorded of a session. */
export const ReplayPage = () => {
  const { t, date, duration, bytes } = useI18n();
  const { name, session } = route.useParams();
  const [skip, setSkip] = useState(true);
  const { data: about } = useQuery({
    queryKey: ["recording", session],
    queryFn: ({ signal }) => k8shell.api.getRecording({ session_id: session }, { signal }),
  });
  const { data, error, refetch } = useQuery({
    queryKey: ["cast", session],
    queryFn: ({ signal }) => loadCast(session, signal),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
  });
  const cast = useMemo(
    () => (data && skip ? shortenPauses(data.cast, longestPause) : data?.cast),
    [data, skip],
  );
  return (
    <div className="mx-auto grid w-full max-w-6xl gap-4 px-4 py-4">
      <div className="flex flex-wrap items-center gap-3">
        <Link to="/workspaces/$name/sessions" params={{ name }} className={buttonClass("quiet", "-ml-3")}>
          <ChevronLeft size={16} aria-hidden />
          {t("workspace.sessions")}
        </Link>
        {about ? (
          <p className="text-sm text-quiet">
            {[
              about.username,
              date(about.startedAt),
              duration(about.durationMs / 1000),
              `${about.width}×${about.height}`,
              bytes(about.size),
            ].join(" · ")}
          </p>
        ) : null}
        <a
          href={`${serverAddress}/api/v1/recordings/${encodeURIComponent(session)}/cast`}
          download={`${session}.cast`}
          className={buttonClass("plain", "ml-auto")}
        >
          <Download size={16} aria-hidden />
          {t("replay.download")}
        </a>
      </div>
      {about?.active ? (
        <p role="status" className="rounded-lg bg-accent-soft px-3 py-2 text-sm text-accent">
          {t("replay.active")}
        </p>
      ) : null}
      {data?.cut ? (
        <p className="rounded-lg bg-warn-soft px-3 py-2 text-sm text-warn">{t("replay.cut")}</p>
      ) : null}
      <Waiting data={cast} error={error} refetch={refetch} />
      {cast ? <PlayerView key={String(skip)} cast={cast} /> : null}
      <Checkbox
        label={t("replay.skip", { seconds: longestPause })}
        checked={skip}
        onChange={(event) => setSkip(event.target.checked)}
      />
    </div>
  );
};
