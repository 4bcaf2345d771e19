import type { TerminalRecorder } from "../recording/recorder.ts";
import type { SessionReport } from "../terminal/session-reports.ts";

/** What is kept of one command: the record of its session, and a recording where a policy obliges. */
export interface ExecSession {
  /** Counts input of the client, bytes. It is never recorded. */
  input(bytes: number): void;
  output(data: Uint8Array): void;
  /** Resolves when the end is on record. A recording completes in its own time. */
  end(): Promise<void>;
}

export const createExecSession = (
  report: SessionReport,
  recorder: TerminalRecorder | undefined,
): ExecSession => ({
  input: (bytes) => report.count(bytes, 0),
  output(data) {
    report.count(0, data.length);
    recorder?.output(data);
  },
  end() {
    void recorder?.end();
    return report.end();
  },
});
