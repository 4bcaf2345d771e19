import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { type Assembled, addUser, startAssembled } from "../assembled.ts";

let assembled: Assembled;
beforeAll(async () => {
  assembled = await startAssembled();
});
afterAll(() => assembled?.close());

test("a token that was fetched just before its user was deleted is none of whoever gets the name next", async () => {
  const { call, admin } = assembled;
  const former = await addUser(assembled, "carol");
  const { body } = await call("POST", "/internal/users/carol/token", former);
  const held = { authorization: `Bearer ${z.object({ token: z.string() }).parse(body).token}` };
  expect((await call("GET", "/me/profile", held)).status).toBe(200);
  expect((await call("DELETE", "/users/carol", admin)).status).toBe(204);
  expect((await call("GET", "/me/profile", held)).status).toBe(401);
  await call("POST", "/users", admin, { username: "carol", roles: ["admin"] });
  for (const credentials of [held, former]) {
    expect((await call("GET", "/me/profile", credentials)).status).toBe(401);
  }
});
