import { expect, test } from "vitest";
import { createReauthentication } from "../src/session/reauthentication.ts";

const whoAmI = async () => ({ username: "ada" });

test("what waits for a session goes on when its person is seen signed in, and fails for anybody else", async () => {
  const session = createReauthentication(whoAmI);
  session.entered("ada");
  const first = session.refused();
  session.entered("ada");
  expect(await first).toBe(true);
  const second = session.refused();
  session.entered("grace");
  expect(await second).toBe(false);
  expect(session.state()).toEqual({ kind: "active", username: "grace" });
});
