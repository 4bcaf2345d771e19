/** Upper bounds in seconds: from a call in this process to a removal that takes a minute. */
export const secondsBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 30] as const;

/** One series of a histogram. */
export interface Series {
  observe(seconds: number): void;
}

export interface Histogram {
  /** The series of these label values; made when it is first asked for. Keep it where it is used often. */
  of(...values: readonly string[]): Series;
  /** The text format of Prometheus, version 0.0.4. */
  render(): string;
}

export interface HistogramOptions {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
}

/** Beyond it, further label values are counted together: labels never come from users, but a defect must not fill memory. */
const maxSeries = 5_000;

const escapeValue = (value: string): string =>
  value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');

/**
 * A histogram for the way of every request. The library's own joins and hashes all labels on each observation, which
 * costs more than the rest of the measurement; here a series is looked up once and then is an array of numbers.
 */
export const createHistogram = ({ name, help, labels }: HistogramOptions): Histogram => {
  const series = new Map<string, { text: string; counts: number[]; sum: number; count: number } & Series>();

  const make = (values: readonly string[]) => {
    const counts = Array<number>(secondsBuckets.length).fill(0);
    const one = {
      text: labels.map((label, index) => `${label}="${escapeValue(values[index] ?? "")}"`).join(","),
      counts,
      sum: 0,
      count: 0,
      observe(seconds: number) {
        one.sum += seconds;
        one.count += 1;
        for (let i = 0; i < secondsBuckets.length; i += 1) {
          if (seconds <= (secondsBuckets[i] ?? 0)) {
            counts[i] = (counts[i] ?? 0) + 1;
            return;
          }
        }
      },
    };
    return one;
  };

  return {
    of(...values) {
      const key = values.join("\0");
      const known = series.get(key);
      if (known) return known;
      const full = series.size >= maxSeries;
      const shown = full ? labels.map(() => "other") : values;
      const shownKey = full ? shown.join("\0") : key;
      const made = series.get(shownKey) ?? make(shown);
      series.set(shownKey, made);
      return made;
    },
    render() {
      const lines = [`# HELP ${name} ${help}`, `# TYPE ${name} histogram`];
      for (const { text, counts, sum, count } of series.values()) {
        let below = 0;
        for (const [index, bound] of secondsBuckets.entries()) {
          below += counts[index] ?? 0;
          lines.push(`${name}_bucket{${text},le="${bound}"} ${below}`);
        }
        lines.push(`${name}_bucket{${text},le="+Inf"} ${count}`);
        lines.push(`${name}_sum{${text}} ${sum}`, `${name}_count{${text}} ${count}`);
      }
      return `${lines.join("\n")}\n`;
    },
  };
};
