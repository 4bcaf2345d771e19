const day = 86_400_000;
const fixed: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: day, w: 7 * day };
const isoDate = /^\d{4}-\d{2}-\d{2}$/;
const isoInstant = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:[Zz]|[+-]\d{2}:\d{2})$/;
const relative = /^(now|today|yesterday|lastweek)((?:\s*[+-]\s*\d{1,6}\s*[smhdwMy])*)$/;

/** A moment, or a whole day when the text named a day: milliseconds since the epoch, `until` excluded. */
export interface DateTimeRange {
  readonly from: number;
  readonly until: number;
}

const startOfDay = (at: number): number => Math.floor(at / day) * day;

/** Months and years keep the day of the month where the target month has it, else its last day. */
const addMonths = (at: number, months: number): number => {
  const date = new Date(at);
  const target = new Date(at);
  target.setUTCDate(1);
  target.setUTCMonth(target.getUTCMonth() + months);
  const last = new Date(Date.UTC(target.getUTCFullYear(), target.getUTCMonth() + 1, 0)).getUTCDate();
  target.setUTCDate(Math.min(date.getUTCDate(), last));
  return target.getTime();
};

const shift = (at: number, sign: number, amount: number, unit: string): number => {
  const step = fixed[unit];
  if (step !== undefined) return at + sign * amount * step;
  return addMonths(at, sign * amount * (unit === "y" ? 12 : 1));
};

/**
 * Parses a datetime of a query (grpc-behaviour section 6): RFC 3339, `YYYY-MM-DD`, or
 * `now|today|yesterday|lastweek` followed by any number of `+N` or `-N` with a unit of `s m h d w M y`.
 * Days begin at midnight UTC.
 * @param now the current time, milliseconds since the epoch
 * @returns undefined when the text is none of these
 */
export const parseDateTime = (text: string, now: number): DateTimeRange | undefined => {
  const value = text.trim();
  if (isoDate.test(value)) {
    const from = Date.parse(`${value}T00:00:00Z`);
    // Date.parse rolls 2026-02-30 over; such a day does not exist.
    if (Number.isNaN(from) || !new Date(from).toISOString().startsWith(value)) return undefined;
    return { from, until: from + day };
  }
  if (isoInstant.test(value)) {
    const from = Date.parse(value);
    return Number.isNaN(from) ? undefined : { from, until: from + 1 };
  }
  const parts = relative.exec(value);
  if (!parts) return undefined;
  const [, base, offsets = ""] = parts;
  let from = now;
  if (base === "today") from = startOfDay(now);
  if (base === "yesterday") from = startOfDay(now) - day;
  if (base === "lastweek") from = startOfDay(now) - 7 * day;
  let wholeDay = base !== "now";
  for (const [, sign, amount, unit = ""] of offsets.matchAll(/([+-])\s*(\d+)\s*([smhdwMy])/g)) {
    from = shift(from, sign === "-" ? -1 : 1, Number(amount), unit);
    if (unit === "s" || unit === "m" || unit === "h") wholeDay = false;
  }
  if (!Number.isFinite(from)) return undefined;
  return { from, until: from + (wholeDay ? day : 1) };
};
