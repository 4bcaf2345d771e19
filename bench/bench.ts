/** One line of a benchmark's table. */
export interface BenchRow {
  /** What was measured, e.g. "unary, 64 at a time". */
  readonly name: string;
  readonly unit: string;
  readonly ours: number;
  /** The peer measured in the same run. Absent: `ours` is held against an absolute limit. */
  readonly peer?: { readonly name: string; readonly value: number };
  /** `ours / peer`, when a better estimate is known than the quotient of the two values. */
  readonly ratio?: number;
  /** With a peer: the least ratio that passes. Without: the largest `ours` that passes. Absent: no gate. */
  readonly limit?: number;
}

/** What `bench/<name>/bench.ts` exports as its default: runs the benchmark, calling `say` with its progress. */
export interface Bench {
  readonly title: string;
  /** How it was measured, for the reader of docs/benchmarks.md. */
  readonly method: string;
  run(say: (line: string) => void): Promise<readonly BenchRow[]>;
}

/** The middle value. */
export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
};
