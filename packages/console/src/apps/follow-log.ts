import type { AppStatus } from "@k8shell/sdk";
import { useEffect, useState } from "react";
import { k8shell } from "../app/server.ts";

/** Older lines are dropped. */
const keptLines = 3_000;
/** Lines are shown in batches, milliseconds apart. */
const batchMs = 100;

// Colours and cursor movements (ECMA-48), which a log shows as text.
const escapes = /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])/g;

export interface FollowedLog {
  readonly lines: readonly string[];
  /** Does it go on? */
  readonly following: boolean;
  /** Why it ended early. */
  readonly problem: unknown;
  /** Were lines dropped at its beginning? */
  readonly cut: boolean;
}

const nothing: FollowedLog = { lines: [], following: true, problem: undefined, cut: false };

/**
 * Reads a log from its beginning and goes on as long as the app is active.
 * @param round another number reads it again
 */
export const useLog = (
  workspace: string,
  app: AppStatus,
  type: "app" | "install",
  round: number,
): FollowedLog => {
  const [log, setLog] = useState(nothing);
  const { name } = app;
  // biome-ignore lint/correctness/useExhaustiveDependencies: `round` is there to begin again
  useEffect(() => {
    const stop = new AbortController();
    setLog(nothing);
    let waiting: string[] = [];
    const show = () => {
      if (waiting.length === 0) return;
      const more = waiting;
      waiting = [];
      setLog((before) => {
        const lines = [...before.lines, ...more];
        const cut = lines.length > keptLines;
        return { ...before, lines: cut ? lines.slice(-keptLines) : lines, cut: before.cut || cut };
      });
    };
    const timer = setInterval(show, batchMs);
    const read = async () => {
      try {
        const lines = k8shell.logs.app(workspace, name, { type, follow: true, signal: stop.signal });
        for await (const line of lines) {
          waiting.push(line.replace(escapes, ""));
          if (waiting.length > keptLines) waiting.shift();
        }
        show();
        setLog((before) => ({ ...before, following: false }));
      } catch (error) {
        if (stop.signal.aborted) return;
        show();
        setLog((before) => ({ ...before, following: false, problem: error }));
      }
    };
    void read();
    return () => {
      clearInterval(timer);
      stop.abort();
    };
  }, [workspace, name, type, round]);
  return log;
};
