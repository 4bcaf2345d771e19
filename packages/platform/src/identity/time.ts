import { type Duration, type Timestamp, timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Code, RpcError } from "@k8shell/rpc";

/** A column's milliseconds as a message field. */
export const toTimestamp = (millis: number | null): Timestamp | undefined =>
  millis === null ? undefined : timestampFromMs(millis);

/** The last second of year 9999: no Timestamp may lie later (google/protobuf/timestamp.proto). */
const maxSeconds = 253_402_300_799n;

/** A message field as milliseconds. @throws RpcError InvalidArgument for a time that a Timestamp must not have */
export const fromTimestamp = ({ seconds, nanos }: Timestamp): number => {
  if (seconds > maxSeconds || seconds < -maxSeconds) throw new RpcError(Code.InvalidArgument, "not a time");
  return Number(seconds) * 1000 + Math.floor(nanos / 1e6);
};

/** A message field as a Date, for the query engine. @throws as `fromTimestamp` */
export const toDate = (timestamp: Timestamp | undefined): Date | undefined =>
  timestamp && new Date(fromTimestamp(timestamp));

/** A duration in whole seconds, at least 1. */
export const durationSeconds = (duration: Duration): number => {
  const seconds = Number(duration.seconds);
  if (seconds < 1) throw new RpcError(Code.InvalidArgument, "a duration must be at least one second");
  return seconds;
};

const units: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/**
 * Parses a Go duration such as `1h30m` or `720h` (obligation `expires_in`, grpc-behaviour section 8).
 * @returns milliseconds, or undefined when the text is none
 */
export const parseGoDuration = (text: string): number | undefined => {
  if (!/^(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit = ""] of text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g))
    total += Number(amount) * (units[unit] ?? 0);
  return total;
};
