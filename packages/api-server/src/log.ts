import { type DestinationStream, type Logger, pino } from "pino";

export interface LogOptions {
  /** Lines for people rather than JSON. */
  readonly text: boolean;
  /** `debug`, `info`, `warn`, `error` … */
  readonly level: string;
}

const levelNames: Readonly<Record<number, string>> = {
  10: "TRACE",
  20: "DEBUG",
  30: "INFO",
  40: "WARN",
  50: "ERROR",
  60: "FATAL",
};

const hidden: ReadonlySet<string> = new Set(["level", "time", "msg", "err"]);

const formatValue = (value: unknown): string =>
  typeof value === "string" && /^[\w./:@-]+$/.test(value) ? value : JSON.stringify(value);

/** One JSON log line as text: time, level, message, fields, and the stack of an error below. */
const formatLogLine = (line: string): string => {
  const record: Record<string, unknown> = JSON.parse(line);
  const time = new Date(Number(record.time)).toISOString().slice(11, 23);
  const level = (levelNames[Number(record.level)] ?? "").padEnd(5);
  const fields = Object.entries(record)
    .filter(([name]) => !hidden.has(name))
    .map(([name, value]) => ` ${name}=${formatValue(value)}`)
    .join("");
  const stack: unknown = Reflect.get(Object(record.err), "stack");
  return `${time} ${level} ${record.msg ?? ""}${fields}\n${typeof stack === "string" ? `${stack}\n` : ""}`;
};

/** What waits to be written, characters; where nothing can be, the rest is lost. */
const maxWaiting = 1024 * 1024;

const jsonLines = (): DestinationStream => {
  const lines = pino.destination({ fd: 2, sync: false, maxLength: maxWaiting });
  lines.on("error", () => undefined);
  return lines;
};

/**
 * Lets the process live when what it prints cannot be written: the disk of the file that it goes to is full, or whoever read it has
 * gone. For standard output and standard error.
 */
export const outliveOutput = (): void => {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
};

/** The process's log, on standard error: standard output belongs to what the server prints for its user. */
export const createLog = ({ text, level }: LogOptions): Logger => {
  const destination: DestinationStream = text
    ? { write: (line) => void process.stderr.write(formatLogLine(line)) }
    : jsonLines();
  return pino({ level, base: undefined }, destination);
};
