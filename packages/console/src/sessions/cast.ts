/** One event of a recording. */
export interface CastEvent {
  /** Seconds since the beginning. */
  readonly time: number;
  /** `o`: output; `r`: the terminal got the size `<columns>x<rows>`; `i`: input; `m`: a mark. */
  readonly code: string;
  readonly data: string;
}

/** A recording in the form asciicast v2 (https://docs.asciinema.org/manual/asciicast/v2/). */
export interface Cast {
  readonly cols: number;
  readonly rows: number;
  readonly events: readonly CastEvent[];
  /** Seconds. */
  readonly duration: number;
}

const isPositive = (value: unknown): value is number => typeof value === "number" && value > 0;

/** Reads the first line. @throws Error when it is not the head of an asciicast v2 */
export const parseHead = (line: string): { cols: number; rows: number } => {
  const head: unknown = JSON.parse(line);
  if (typeof head !== "object" || head === null) throw new Error("not an asciicast");
  const { version, width, height } = head as Record<string, unknown>;
  if (version !== 2 || !isPositive(width) || !isPositive(height)) throw new Error("not an asciicast v2");
  return { cols: Math.min(1000, width), rows: Math.min(1000, height) };
};

/** Reads a later line; undefined for one that is cut off or of another kind. */
export const parseEvent = (line: string): CastEvent | undefined => {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (!Array.isArray(value)) return undefined;
  const [time, code, data] = value as unknown[];
  if (typeof time !== "number" || typeof code !== "string" || typeof data !== "string") return undefined;
  return { time, code, data };
};

/** The size that an event of the code `r` tells. */
export const parseSize = (data: string): { cols: number; rows: number } | undefined => {
  const match = /^(\d{1,4})x(\d{1,4})$/.exec(data);
  const [cols, rows] = [Number(match?.[1] ?? 0), Number(match?.[2] ?? 0)];
  return cols >= 1 && rows >= 1 && cols <= 1000 && rows <= 1000 ? { cols, rows } : undefined;
};

/** Shortens pauses: none is longer than `longest` seconds afterwards. */
export const shortenPauses = ({ events, ...cast }: Cast, longest: number): Cast => {
  let before = 0;
  let saved = 0;
  const shorter = events.map((event) => {
    saved += Math.max(0, event.time - before - longest);
    before = event.time;
    return { ...event, time: event.time - saved };
  });
  return { ...cast, events: shorter, duration: cast.duration - saved };
};
