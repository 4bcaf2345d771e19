import type { MessageKey } from "../i18n/messages.ts";

/** The words for each status of the API. */
export const statusKeys: Readonly<Partial<Record<string, MessageKey>>> = {
  Running: "status.running",
  Stopped: "status.stopped",
  Error: "status.error",
  Failing: "status.failing",
  Starting: "status.starting",
  Pulling: "status.pulling",
  Stopping: "status.stopping",
  Terminating: "status.terminating",
  Warning: "status.warning",
  Unknown: "status.unknown",
  RUNNING: "status.running",
  STOPPED: "status.stopped",
  "NOT-INSTALLED": "status.notInstalled",
  INSTALLING: "status.installing",
  PENDING: "status.pending",
  INVALID: "status.invalid",
};
