import type { JobResult, WorkspaceStreamEvent } from "@k8shell/sdk";
import { useEffect, useRef, useState } from "react";
import { k8shell } from "../app/server.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { FormProblem } from "../ui/form.tsx";
import { Card } from "../ui/page.tsx";

/** What a job does, as it does it. */
export const JobProgress = ({
  jobId,
  workspace,
  onEnd,
}: {
  jobId: string;
  workspace: string;
  /** Called once, with how it ended. */
  onEnd(result: JobResult): void;
}) => {
  const { t, explain } = useI18n();
  const [events, setEvents] = useState<readonly WorkspaceStreamEvent[]>([]);
  const [problem, setProblem] = useState<unknown>();
  const [result, setResult] = useState<JobResult>();
  const list = useRef<HTMLOListElement>(null);
  const ended = useRef(onEnd);
  ended.current = onEnd;

  useEffect(() => {
    const stop = new AbortController();
    setEvents([]);
    k8shell.jobs
      .wait(jobId, {
        signal: stop.signal,
        onEvent: (event) => setEvents((before) => [...before, event]),
      })
      .then((end) => {
        setResult(end);
        ended.current(end);
      })
      .catch((error: unknown) => {
        if (!stop.signal.aborted) setProblem(error);
      });
    return () => stop.abort();
  }, [jobId]);

  useEffect(() => {
    if (events.length > 0) list.current?.scrollTo({ top: list.current.scrollHeight });
  }, [events]);

  const percent = Number(events.findLast(({ type }) => type === "progress")?.status ?? 0);
  const failed = result !== undefined && !result.succeeded;
  const title = failed ? "create.failed" : result ? "create.done" : "create.progress";
  return (
    <Card>
      <p role="status" className={failed ? "font-semibold text-danger" : "font-semibold"}>
        {t(title, { name: workspace })}
      </p>
      {failed ? (
        <p role="alert" className="text-sm">
          {result.message}
        </p>
      ) : null}
      <FormProblem problem={problem === undefined ? undefined : explain(problem)} />
      <progress
        className="h-2 w-full accent-(--accent)"
        max={100}
        value={percent}
        aria-label={t(title, { name: workspace })}
      />
      <ol ref={list} className="max-h-56 list-inside list-decimal overflow-auto text-sm text-quiet">
        {events
          .filter(({ type }) => type !== "progress")
          .map(({ id, status, message }) => (
            <li key={id}>{[status, message].filter(Boolean).join(": ")}</li>
          ))}
      </ol>
    </Card>
  );
};
