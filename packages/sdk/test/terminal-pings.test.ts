import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { WebSocketLike } from "../src/socket/web-socket.ts";
import { connect } from "../src/terminal/connection.ts";
import { createTransport } from "../src/transport.ts";

beforeEach(
  () => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] }),
);
afterEach(() => void vi.useRealTimers());

/** A terminal's connection to a server that is moved by hand; times are those of the protocol's client. */
const open = async () => {
  let cuts = 0;
  let pings = 0;
  const socket: WebSocketLike = {
    ...{ binaryType: "", protocol: "cloudshell-v2", readyState: 1, bufferedAmount: 0 },
    ...{ onopen: null, onmessage: null, onclose: null, onerror: null },
    send: () => {
      pings += 1;
    },
    close: () => {
      cuts += 1;
    },
  };
  const connection = await connect({
    transport: createTransport({
      server: "http://127.0.0.1:1",
      webSocket() {
        setImmediate(() => socket.onopen?.());
        return socket;
      },
    }),
    ...{ workspace: "w", query: {}, protocols: ["cloudshell-v2"], onEvent: () => {} },
    signal: new AbortController().signal,
  });
  return {
    connection,
    /** An empty message, as a pong may be. */
    answer: () => socket.onmessage?.({ data: new ArrayBuffer(0) }),
    cuts: () => cuts,
    pings: () => pings,
  };
};

test("a probe just before the next ping has its time for an answer", async () => {
  const { connection, answer, cuts } = await open();
  vi.advanceTimersByTime(14_990);
  connection.probe();
  // As where a page that was hidden is seen again, and its timers catch up.
  vi.advanceTimersByTime(20);
  expect(cuts()).toBe(0);
  answer();
  vi.advanceTimersByTime(4_000);
  expect(cuts()).toBe(0);
});

test("an answer that waits to be read when its time is over is one", async () => {
  const { connection, answer, cuts, pings } = await open();
  connection.probe();
  vi.advanceTimersByTime(3_000);
  answer();
  vi.advanceTimersByTime(12_000);
  expect(pings()).toBe(2);
  vi.advanceTimersByTime(15_000);
  answer();
  vi.advanceTimersByTime(15_000);
  expect(cuts()).toBe(0);
});

test("a server that does not answer is given up soon after a probe, and after a ping", async () => {
  const probed = await open();
  probed.connection.probe();
  vi.advanceTimersByTime(4_000);
  expect(probed.cuts()).toBe(1);
  const silent = await open();
  vi.advanceTimersByTime(29_000);
  expect([silent.pings(), silent.cuts()]).toEqual([1, 0]);
  vi.advanceTimersByTime(2_000);
  expect(silent.cuts()).toBe(1);
});
