import { clsx } from "clsx";
import { useI18n } from "../i18n/i18n.tsx";
import { statusKeys } from "./status-keys.ts";

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

/** Status words that will change by themselves soon. */
const passing = new Set(["Starting", "Pulling", "PENDING", "INSTALLING", "Stopping", "Terminating"]);

/** The status word of a workspace or an app; `detail` says why it has it. */
export const StatusBadge = ({ status, detail }: { status: string; detail?: string }) => {
  const { t } = useI18n();
  const key = statusKeys[status];
  return (
    <span
      data-status={status}
      title={detail || undefined}
      className={clsx(
        "inline-flex items-center gap-1.5 rounded-full px-2.5 py-0.5 text-xs font-semibold whitespace-nowrap",
        tones[status] ?? "bg-sheet text-quiet",
      )}
    >
      <span
        aria-hidden
        className={clsx(
          "size-1.5 rounded-full bg-current",
          passing.has(status) && "animate-pulse motion-reduce:animate-none",
        )}
      />
      {key ? t(key) : status}
    </span>
  );
};
