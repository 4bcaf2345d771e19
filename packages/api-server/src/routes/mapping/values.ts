import { type Timestamp, timestampDate } from "@bufbuild/protobuf/wkt";

/** RFC 3339 of a wire timestamp; null when it is absent or a zero time (epoch, or Go's year 1). */
export const timeOrNull = (timestamp: Timestamp | undefined): string | null => {
  if (!timestamp || timestamp.seconds <= 0n) return null;
  const date = timestampDate(timestamp);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
};

/** RFC 3339 of Unix seconds; null for 0 or less. */
export const unixTimeOrNull = (seconds: bigint): string | null => {
  if (seconds <= 0n) return null;
  const date = new Date(Number(seconds) * 1000);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
};

/**
 * A 64-bit count as a JSON number. Exact up to 2^53; beyond that never more than the count itself: some file systems tell
 * 2^64 - 1 free inodes, and what is rounded up from there fits no 64-bit integer of any client.
 */
export const toNumber = (value: bigint): number => {
  const nearest = Number(value);
  return Number.isSafeInteger(nearest) || BigInt(nearest) <= value ? nearest : nearest * (1 - 2 ** -53);
};

/** `{ [key]: value }`, or nothing for an empty string: optional fields of the contract are left out when empty. */
export const unlessEmpty = <const K extends string>(key: K, value: string): { [P in K]?: string } =>
  value === "" ? {} : ({ [key]: value } as { [P in K]?: string });
