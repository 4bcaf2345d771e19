import type { JobEvent } from "./job-record.ts";

/** Longest line the platform's command line reads is 64 KiB (rest-contract 3.1); this leaves room for `data: `. */
const maxLineBytes = 60_000;
const maxMessageCharacters = 8_000;

const shorten = (text: string | undefined): string | undefined =>
  text !== undefined && text.length > maxMessageCharacters ? `${text.slice(0, maxMessageCharacters)}…` : text;

/** One event as a server-sent event: its id, and its JSON on one `data:` line. */
export const jobEventFrame = (event: JobEvent): string => {
  let json = JSON.stringify(event);
  if (Buffer.byteLength(json) > maxLineBytes) {
    const { message, objectName, status } = event;
    json = JSON.stringify({
      ...event,
      message: shorten(message),
      objectName: shorten(objectName),
      status: shorten(status),
    });
  }
  return `id: ${event.id}\ndata: ${json}\n\n`;
};

/** A comment that keeps idle connections open; clients skip it. */
export const heartbeatFrame = ": ping\n\n";

/** The id a reconnecting client has seen last, from `Last-Event-ID`; 0 when there is none. */
export const lastEventId = (header: string | string[] | undefined): number => {
  const text = Array.isArray(header) ? header[0] : header;
  return text !== undefined && /^\d{1,15}$/.test(text.trim()) ? Number(text) : 0;
};

/** Events after `seen`, which a record has among all of its events. */
export const eventsAfter = (events: readonly JobEvent[] | undefined, seen: number): readonly JobEvent[] =>
  (events ?? []).filter((event) => event.id > seen);
