/** CPU usage over time. */
export interface CpuHistory {
  /**
   * Takes a reading.
   * @param time milliseconds on a clock that does not jump
   * @param microseconds CPU time used so far; a smaller value than before (a process left) counts as no use
   */
  add(time: number, microseconds: number): void;
  /** Millicores between the last two readings. */
  current(): number;
  /** Mean millicores over the last `milliseconds`, or as far back as readings go. */
  average(milliseconds: number): number;
}

const longestMs = 15 * 60_000;

/** Keeps fifteen minutes of CPU readings. */
export const createCpuHistory = (): CpuHistory => {
  let spans: Array<{ end: number; elapsed: number; used: number }> = [];
  let last: { time: number; microseconds: number } | undefined;
  return {
    add(time, microseconds) {
      if (last !== undefined && time > last.time) {
        spans.push({
          end: time,
          elapsed: time - last.time,
          used: Math.max(0, microseconds - last.microseconds),
        });
        spans = spans.filter((span) => span.end > time - longestMs);
      }
      last = { time, microseconds };
    },
    current() {
      const span = spans.at(-1);
      // Microseconds per millisecond is thousandths of a core.
      return span === undefined ? 0 : span.used / span.elapsed;
    },
    average(milliseconds) {
      if (last === undefined) return 0;
      const from = last.time - milliseconds;
      let used = 0;
      let elapsed = 0;
      for (const span of spans) {
        if (span.end <= from) continue;
        used += span.used;
        elapsed += span.elapsed;
      }
      return elapsed === 0 ? 0 : used / elapsed;
    },
  };
};
