import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { useShownTheme } from "../app/theme.ts";
import { useI18n } from "../i18n/i18n.tsx";

export interface Series {
  /** Seconds since 1970. */
  readonly times: readonly number[];
  readonly values: readonly number[];
}

const colourOf = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();

const height = 120;

/** A line over time from zero to `limit`, or to the greatest value without one. The words for it are beside it. */
export const Chart = ({
  label,
  series,
  limit,
  format,
}: {
  label: string;
  series: Series;
  limit: number | undefined;
  format(value: number): string;
}) => {
  const { language } = useI18n();
  const theme = useShownTheme();
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const latest = useRef(series);
  latest.current = series;
  const write = useRef(format);
  write.current = format;

  // biome-ignore lint/correctness/useExhaustiveDependencies: colours are of the theme, times of the language
  useEffect(() => {
    const host = place.current;
    if (!host) return;
    const quiet = colourOf("--quiet");
    const line = colourOf("--line");
    const accent = colourOf("--accent");
    const axis = { stroke: quiet, grid: { stroke: line, width: 1 }, ticks: { show: false } };
    const hours = new Intl.DateTimeFormat(language, { timeStyle: "short" });
    const made = new uPlot(
      {
        width: host.clientWidth,
        height,
        legend: { show: false },
        cursor: { points: { size: 6 }, drag: { x: false, y: false } },
        scales: {
          x: { time: true },
          y: { range: (_, __, max) => [0, limit && limit > 0 ? limit : Math.max(1, max * 1.2)] },
        },
        axes: [
          {
            ...axis,
            size: 28,
            space: 96,
            values: (_, splits) => splits.map((second) => hours.format(second * 1000)),
          },
          {
            ...axis,
            size: 64,
            splits: (_, __, min, max) => [min, (min + max) / 2, max],
            values: (_, splits) => splits.map((value) => write.current(value)),
          },
        ],
        series: [
          {},
          {
            stroke: accent,
            width: 2,
            fill: colourOf("--accent-soft"),
            points: { show: false },
          },
        ],
      },
      [[...latest.current.times], [...latest.current.values]],
      host,
    );
    plot.current = made;
    const resized = new ResizeObserver(() => made.setSize({ width: host.clientWidth, height }));
    resized.observe(host);
    return () => {
      resized.disconnect();
      made.destroy();
      plot.current = undefined;
    };
  }, [theme, language, limit]);

  useEffect(() => {
    plot.current?.setData([[...series.times], [...series.values]]);
  }, [series]);

  return <div ref={place} role="img" aria-label={label} className="min-w-0 overflow-hidden" />;
};
