import { clsx } from "clsx";
import type { ReactNode } from "react";

export type BadgeTone = "plain" | "good" | "warn" | "danger" | "accent";

const tones: Readonly<Record<BadgeTone, string>> = {
  plain: "bg-sheet text-quiet border border-line",
  good: "bg-good-soft text-good",
  warn: "bg-warn-soft text-warn",
  danger: "bg-danger-soft text-danger",
  accent: "bg-accent-soft text-accent",
};

/** A word about the state or kind of something. */
export const Badge = ({ tone = "plain", children }: { tone?: BadgeTone; children: ReactNode }) => (
  <span
    className={clsx(
      "inline-flex items-center rounded-full px-2 py-0.5 text-xs font-medium whitespace-nowrap",
      tones[tone],
    )}
  >
    {children}
  </span>
);

/** Several short names in a row, e.g. roles; a dash for none. */
export const Tags = ({ values }: { values: readonly string[] }) =>
  values.length === 0 ? (
    <span className="text-quiet">–</span>
  ) : (
    <span className="flex flex-wrap gap-1">
      {values.map((value) => (
        <Badge key={value}>{value}</Badge>
      ))}
    </span>
  );
