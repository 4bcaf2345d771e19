import { K8shellError } from "./error.ts";
import type { ProvisionJob, WorkspaceStreamEvent } from "./gen/types.ts";
import { linesOf } from "./lines.ts";
import type { Api } from "./operations.ts";
import type { RequestOptions, Transport } from "./transport.ts";
import { backOff, wait } from "./wait.ts";

/** How a job ended, or where it stands. */
export interface JobResult {
  readonly workspace: string | undefined;
  /** The last status word, e.g. `Running` or `Error`. */
  readonly status: string;
  /** The words that came with it: the reason of a failure. */
  readonly message: string;
  readonly succeeded: boolean;
}

export interface Jobs {
  /**
   * The events of a job from its beginning, until it has ended. A lost connection is made again and goes on where it
   * was lost.
   * @throws K8shellError `not_found` when there is no such job (any more)
   */
  events(jobId: string, options?: RequestOptions): AsyncGenerator<WorkspaceStreamEvent, void, void>;
  /**
   * Waits for the end of a job.
   * @param onEvent is called with each event
   */
  wait(
    jobId: string,
    options?: RequestOptions & { readonly onEvent?: (event: WorkspaceStreamEvent) => void },
  ): Promise<JobResult>;
}

/** What the last status event of a job says. A job that failed is `completed` as well. */
export const jobResult = ({ workspaceName, events = [] }: ProvisionJob): JobResult => {
  const last = events.findLast(({ type }) => type === "status");
  const status = last?.status ?? "Unknown";
  return {
    workspace: workspaceName,
    status,
    message: last?.message ?? "",
    succeeded: status === "Running",
  };
};

const eventOf = (line: string): WorkspaceStreamEvent | undefined => {
  if (!line.startsWith("data:")) return undefined;
  try {
    return JSON.parse(line.slice(5)) as WorkspaceStreamEvent;
  } catch {
    return undefined;
  }
};

const isPassing = (error: unknown): boolean =>
  error instanceof K8shellError
    ? error.code === "network_error" || [429, 502, 503, 504].includes(error.status)
    : error instanceof TypeError;

/** Jobs of provisioning. */
export const createJobs = (transport: Transport, api: Api): Jobs => {
  async function* events(jobId: string, options: RequestOptions = {}): ReturnType<Jobs["events"]> {
    const { signal } = options;
    let last = 0;
    let failures = 0;
    for (;;) {
      try {
        const response = await transport.send({
          ...options,
          method: "GET",
          path: `/api/v1/jobs/${encodeURIComponent(jobId)}`,
          headers: { accept: "text/event-stream", "last-event-id": last > 0 ? String(last) : undefined },
        });
        for await (const line of linesOf(response.body ?? new ReadableStream())) {
          const event = eventOf(line);
          if (!event || event.id <= last) continue;
          last = event.id;
          failures = 0;
          yield event;
        }
        // The server closes when the job has ended; a proxy may close before.
        const job = await api.getJob({ job_id: jobId }, { signal });
        if (job.status === "completed" && (job.events?.at(-1)?.id ?? 0) <= last) return;
      } catch (error) {
        signal?.throwIfAborted();
        failures += 1;
        if (!isPassing(error) || failures > 10) throw error;
      }
      await wait(backOff(failures + 1), signal);
    }
  }

  return {
    events,
    async wait(jobId, { onEvent, ...options } = {}) {
      for await (const event of events(jobId, options)) onEvent?.(event);
      return jobResult(await api.getJob({ job_id: jobId }, options));
    },
  };
};
