import { Code, RpcError } from "@k8shell/rpc";
import { pino } from "pino";
import { expect, test } from "vitest";
import { ApiError } from "./api-error.ts";
import { fromRpcError } from "./errors.ts";
import { createOutageLog } from "./outage-log.ts";

const start = () => {
  const lines: { requestId: number; alsoFailed?: number }[] = [];
  const clock = { now: 0 };
  const log = pino({ base: undefined }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  return { lines, clock, outages: createOutageLog(log, 1_000, () => clock.now) };
};
const away = (peer: string) => fromRpcError(new RpcError(Code.Unavailable, "refused", { peer }));

test("an outage is logged once for many requests, and how many there were when it goes on", () => {
  const { lines, clock, outages } = start();
  for (let requestId = 1; requestId <= 100; requestId += 1) {
    expect(outages.take(away("identity"), { requestId }, "failed for now")).toBe(true);
  }
  expect(lines).toMatchObject([{ requestId: 1 }]);
  clock.now = 1_000;
  outages.take(away("identity"), { requestId: 101 }, "failed for now");
  expect(lines).toMatchObject([{ requestId: 1 }, { requestId: 101, alsoFailed: 99 }]);
});

test("another peer and another failure have lines of their own, and defects are left to the caller", () => {
  const { lines, outages } = start();
  outages.take(away("identity"), { requestId: 1 }, "failed");
  outages.take(away("session"), { requestId: 2 }, "failed");
  outages.take(
    new ApiError("unavailable", "the key-value store is not available"),
    { requestId: 3 },
    "failed",
  );
  expect(lines.map(({ requestId }) => requestId)).toEqual([1, 2, 3]);
  expect(outages.take(new ApiError("internal", "internal error"), {}, "failed")).toBe(false);
});
