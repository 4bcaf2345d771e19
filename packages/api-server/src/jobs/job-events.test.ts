import { describe, expect, it } from "vitest";
import { eventsAfter, heartbeatFrame, jobEventFrame, lastEventId } from "./job-events.ts";

describe("an event of a job", () => {
  it("is one id line and one data line", () => {
    expect(jobEventFrame({ id: 3, type: "progress", status: "40", message: "40% complete" })).toBe(
      'id: 3\ndata: {"id":3,"type":"progress","status":"40","message":"40% complete"}\n\n',
    );
  });

  it("stays on one line whatever its text", () => {
    const frame = jobEventFrame({ id: 1, type: "event", message: "a\nb\r\nc\u2028d" });
    const lines = frame.split(/\r\n|\n|\r/).filter((line) => line !== "");
    expect(lines).toHaveLength(2);
    expect(JSON.parse(lines[1]?.slice("data: ".length) ?? "")).toMatchObject({ message: "a\nb\r\nc\u2028d" });
  });

  it("fits the longest line that clients read", () => {
    const frame = jobEventFrame({ id: 1, type: "status", status: "Error", message: "ß".repeat(100_000) });
    for (const line of frame.split("\n")) expect(Buffer.byteLength(line)).toBeLessThan(65_536);
    expect(frame).toContain('"status":"Error"');
  });

  it("is not confused with the heartbeat", () => {
    expect(heartbeatFrame).toMatch(/^:.*\n\n$/);
  });
});

describe("a client that comes back", () => {
  it("names the last event it has seen", () => {
    expect(lastEventId("7")).toBe(7);
    for (const header of [undefined, "", "x", "-1", "1.5", "9".repeat(30)])
      expect(lastEventId(header)).toBe(0);
  });

  it("gets the events after it", () => {
    const events = [1, 2, 3].map((id) => ({ id, type: "event" as const }));
    expect(eventsAfter(events, 2).map(({ id }) => id)).toEqual([3]);
    expect(eventsAfter(undefined, 0)).toEqual([]);
  });
});
