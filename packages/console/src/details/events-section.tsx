import type { WorkspaceDetails } from "@k8shell/sdk";
import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { clsx } from "clsx";
import { useState } from "react";
import { live } from "../app/live.ts";
import { k8shell } from "../app/server.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { Button } from "../ui/button.tsx";
import { Failure } from "../ui/page.tsx";
import { isRunning } from "../workspace/workspace-actions.tsx";

/** The steps of the job that brought the workspace up last. */
export const StartEvents = ({ jobId }: { jobId: string }) => {
  const { t } = useI18n();
  const { data: job, error } = useQuery({
    queryKey: ["job", jobId],
    queryFn: ({ signal }) => k8shell.api.getJob({ job_id: jobId }, { signal }),
    ...live("workspace"),
    // Its record ends some time after the job.
    enabled: (query) => query.state.error === null,
  });
  const events = job?.events?.filter(({ type }) => type !== "progress") ?? [];
  if (error || events.length === 0) return <p className="text-sm text-quiet">{t("details.events.none")}</p>;
  return (
    <ol
      className="max-h-72 divide-y divide-line overflow-auto rounded-xl border border-line bg-raised"
      aria-label={t("details.events")}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable (WCAG 2.1.1)
      tabIndex={0}
    >
      {events.map(({ id, timestamp, status, message, objectName }) => (
        <li key={id} className="flex flex-wrap gap-x-4 gap-y-0.5 px-3 py-1.5 text-sm">
          <span className="w-20 shrink-0 text-quiet tabular-nums">{timestamp?.slice(11) ?? ""}</span>
          {status ? (
            <span
              className={clsx(
                "font-medium",
                (status === "Error" || status === "Failing") && "text-danger",
                status === "Running" && "text-good",
              )}
            >
              {status}
            </span>
          ) : null}
          <span className="min-w-0 break-words">{[objectName, message].filter(Boolean).join(": ")}</span>
        </li>
      ))}
    </ol>
  );
};

const levels = ["debug", "info", "warn", "error"] as const;
const pageSize = 50;

/** The log of the workspace's daemon, the newest entries first. */
export const DaemonLog = ({ workspace }: { workspace: WorkspaceDetails }) => {
  const { t, time } = useI18n();
  const [level, setLevel] = useState<(typeof levels)[number]>("info");
  const { name } = workspace;
  const { data, error, hasNextPage, isFetchingNextPage, fetchNextPage, refetch } = useInfiniteQuery({
    queryKey: ["daemon-log", name, level],
    queryFn: ({ pageParam, signal }) =>
      k8shell.api.getWorkspaceLogPage(
        { name, level, limit: pageSize, ...(pageParam === 0 ? {} : { before_id: pageParam }) },
        { signal },
      ),
    initialPageParam: 0,
    getNextPageParam: ({ entries, has_more }) => (has_more ? entries[0]?.id : undefined),
    placeholderData: keepPreviousData,
    enabled: isRunning(workspace),
  });
  const entries = data?.pages.flatMap((page) => page.entries.toReversed()) ?? [];
  return (
    <div className="grid gap-2">
      <div className="flex flex-wrap items-center gap-2">
        <select
          aria-label={t("details.log.level")}
          className="min-h-9 rounded-lg border border-line bg-paper px-2 text-sm"
          value={level}
          onChange={(event) => {
            const chosen = levels.find((known) => known === event.target.value);
            if (chosen) setLevel(chosen);
          }}
        >
          {levels.map((choice) => (
            <option key={choice} value={choice}>
              {t(`details.log.${choice}`)}
            </option>
          ))}
        </select>
        <Button onClick={() => void refetch()}>{t("details.log.refresh")}</Button>
      </div>
      {error ? <Failure error={error} onRetry={() => void refetch()} /> : null}
      <ol
        className="max-h-96 divide-y divide-line overflow-auto rounded-xl border border-line bg-raised"
        aria-label={t("details.log")}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable (WCAG 2.1.1)
        tabIndex={0}
      >
        {entries.length === 0 ? <li className="p-3 text-sm text-quiet">{t("details.log.empty")}</li> : null}
        {entries.map((entry) => (
          <li key={entry.id} className="flex flex-wrap gap-x-4 gap-y-0.5 px-3 py-1.5 text-sm">
            <time className="w-20 shrink-0 text-quiet tabular-nums" dateTime={entry.time} title={entry.time}>
              {time(entry.time)}
            </time>
            <span
              className={clsx(
                "w-12 shrink-0 text-xs leading-5 font-semibold uppercase",
                entry.level === "error" || entry.level === "fatal"
                  ? "text-danger"
                  : entry.level === "warn"
                    ? "text-warn"
                    : "text-quiet",
              )}
            >
              {entry.level}
            </span>
            <span className="text-quiet">{entry.component}</span>
            <span className="min-w-0 break-words">{entry.message}</span>
          </li>
        ))}
      </ol>
      {hasNextPage ? (
        <div>
          <Button disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            {t("details.log.older")}
          </Button>
        </div>
      ) : null}
    </div>
  );
};
