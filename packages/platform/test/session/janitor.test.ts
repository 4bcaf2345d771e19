import { expect, test } from "vitest";
import { seconds, startSession } from "./harness.ts";

test("a session not reported for five minutes ends at the time it was last heard of", async () => {
  const { client, session, clock } = await startSession();
  await client.upsertSession({ session: { sessionId: "lost", username: "alice" } });
  clock.now += 10_000;
  await client.upsertSession({ session: { sessionId: "lost", username: "alice" } });
  const lastHeard = seconds(clock);
  clock.now += 4 * 60_000;
  await client.upsertSession({ session: { sessionId: "alive", username: "alice" } });
  await session.sweep();
  const ends = async () => (await client.getSessions({})).sessions.map(({ endTime }) => endTime);
  expect(await ends()).toEqual([0n, 0n]);
  clock.now += 61_000;
  await session.sweep();
  expect(await ends()).toEqual([lastHeard, 0n]);
});

test("one sweep ends any number of lost sessions", async () => {
  const { client, session, clock } = await startSession();
  for (let i = 0; i < 250; i++) {
    await client.upsertSession({ session: { sessionId: `s${i}`, username: "alice" } });
  }
  clock.now += 6 * 60_000;
  await session.sweep();
  const { sessions } = await client.getSessions({});
  expect(sessions.filter(({ endTime }) => endTime === 0n)).toEqual([]);
});

test("sessions that were lost while the service was down are ended at the next start", async () => {
  const first = await startSession();
  await first.client.upsertSession({ session: { sessionId: "lost", username: "alice" } });
  await first.session.close();
  const later = await startSession({ dataDir: first.dataDir, startAt: first.clock.now + 3_600_000 });
  expect((await later.client.getSessions({})).sessions[0]?.endTime).toBe(seconds(first.clock));
});

test("ended sessions go by age and by number, active ones never", async () => {
  const { client, session, clock } = await startSession({ retention: { days: 10, rows: 2 } });
  const add = async (sessionId: string, ended: boolean) => {
    await client.upsertSession({ session: { sessionId, username: "alice" } });
    if (ended) await client.endSession({ sessionId });
  };
  const left = async () => (await client.getSessions({})).sessions.map(({ sessionId }) => sessionId);
  await add("active", false);
  for (const id of ["a", "b", "c", "d"]) await add(id, true);
  clock.now += 2 * 3_600_000;
  await client.upsertSession({ session: { sessionId: "active", username: "alice" } });
  await session.sweep();
  expect(await left()).toEqual(["active", "c", "d"]);
  clock.now += 11 * 86_400_000;
  await client.upsertSession({ session: { sessionId: "active", username: "alice" } });
  await session.sweep();
  expect(await left()).toEqual(["active"]);
});
