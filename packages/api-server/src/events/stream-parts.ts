import type { RouteSpec } from "@k8shell/contract";

/** A part of a stream as the event socket sends it. */
export interface StreamPart {
  readonly eventId?: string;
  readonly data: unknown;
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};

/** Server-sent events (HTML standard, section 9.2.6): of each its id and data; comments are left out. */
const eventsOf = (text: string): StreamPart[] =>
  text.split("\n\n").flatMap((frame) => {
    const lines = frame.split("\n");
    const field = (name: string) =>
      lines.filter((line) => line.startsWith(`${name}: `)).map((line) => line.slice(name.length + 2));
    const data = field("data");
    if (data.length === 0) return [];
    const [eventId] = field("id");
    return [{ ...(eventId === undefined ? {} : { eventId }), data: parsed(data.join("\n")) }];
  });

/**
 * The parts of a piece of text that a handler writes to its stream. Handlers write whole events and lines.
 * @param kind of the route's stream
 */
export const streamParts = (kind: RouteSpec["follow"], text: string): StreamPart[] => {
  if (kind === "event-stream") return eventsOf(text);
  if (kind === "ndjson") {
    return text
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => ({ data: parsed(line) }));
  }
  return text === "" ? [] : [{ data: text }];
};
