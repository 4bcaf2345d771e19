import { afterAll, beforeAll, expect, test } from "vitest";
import { type GatewayHarness, startGateway } from "./gateway-harness.ts";

let gateway: GatewayHarness;
let authorization: string;

beforeAll(async () => {
  gateway = await startGateway();
  authorization = `Bearer ${await gateway.addUser("ann")}`;
});
afterAll(() => gateway?.close());

const get = (headers: Record<string, string> = {}) =>
  gateway.api("GET", "/me/profile", { headers: { authorization, ...headers } });

test("a client that has the answer already is told so, until the answer changes", async () => {
  const first = await get();
  const tag = first.headers.get("etag") ?? "";
  expect(tag).toMatch(/^W\/"/);
  const same = await get({ "if-none-match": tag });
  expect([same.status, await same.text(), same.headers.get("etag")]).toEqual([304, "", tag]);
  await gateway.identity.updateUser({ username: "ann", fullname: "Ann" });
  const changed = await get({ "if-none-match": tag });
  expect(changed.status).toBe(200);
  expect(changed.headers.get("etag")).not.toBe(tag);
  expect(await changed.json()).toMatchObject({ fullname: "Ann" });
});

test("a tag opens nothing: who may not read still gets 401", async () => {
  const tag = (await get()).headers.get("etag") ?? "";
  const answer = await get({ authorization: "Bearer k8sh_wrong", "if-none-match": tag });
  expect(answer.status).toBe(401);
});
