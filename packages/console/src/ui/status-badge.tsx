import { clsx } from "clsx";

const tones: Readonly<Record<string, string>> = {
  Running: "bg-good-soft text-good",
  RUNNING: "bg-good-soft text-good",
  Error: "bg-danger-soft text-danger",
  Failing: "bg-danger-soft text-danger",
  INVALID: "bg-danger-soft text-danger",
  Starting: "bg-accent-soft text-accent",
  Pulling: "bg-accent-soft text-accent",
  PENDING: "bg-accent-soft text-accent",
  INSTALLING: "bg-accent-soft text-accent",
  Stopping: "bg-warn-soft text-warn",
  Terminating: "bg-warn-soft text-warn",
  Warning: "bg-warn-soft text-warn",
};

/** The status word of a workspace or an app; `detail` says why it has it. */
export const StatusBadge = ({ status, detail }: { status: string; detail?: string }) => (
  <span
    data-status={status}
    title={detail || undefined}
    className={clsx(
      "inline-block rounded-full px-2.5 py-0.5 text-xs font-semibold whitespace-nowrap",
      tones[status] ?? "bg-sheet text-quiet",
    )}
  >
    {status}
  </span>
);
