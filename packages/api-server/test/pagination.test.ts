import { allRoutes, isList, type RouteSpec } from "@k8shell/contract";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { casesOf } from "./authorization-cases.ts";
import { type GatewayHarness, startGateway } from "./gateway-harness.ts";

let gateway: GatewayHarness;
let token: string;
const workspaces = ["alice-1", "alice-2", "alice-3", "alice-4", "alice-5"];

beforeAll(async () => {
  gateway = await startGateway({
    config: (config) => ({ ...config, limits: { ...config.limits, enabled: false } }),
  });
  token = await gateway.token("admin", ["*"], "pages");
  await gateway.addUser("alice");
  for (const name of workspaces) gateway.addWorkspace(name, "alice");
  for (const name of ["carol", "dave", "erin"]) await gateway.addUser(name);
});
afterAll(() => gateway.close());

type Item = Readonly<Record<string, unknown>>;

/** A page, and the references of its `Link` header by their relation. */
const page = async (path: string, credentials = token) => {
  const response = await gateway.api("GET", path, { token: credentials });
  const text = response.headers.get("link") ?? "";
  const links = Object.fromEntries(
    [...text.matchAll(/<([^>]*)>; rel="(\w+)"/g)].map(([, reference = "", rel = ""]) => [
      rel,
      `${path.split("?")[0]}${reference}`,
    ]),
  );
  return { status: response.status, links, text, body: (await response.json()) as Item[] };
};

const lists = allRoutes.filter(isList).map((spec) => [spec.operationId, spec] as const);
const pathOf = (spec: RouteSpec): string => {
  const [item] = casesOf(spec.operationId);
  const values: Record<string, string> = { username: "alice", name: "alice-1", ...item?.params };
  return spec.path.replace(/:(\w+)/g, (_, name: string) => values[name] ?? "");
};

/** What there is no daemon or provider for here. */
const unavailable = new Set([
  "listAllBlueprints",
  "listApps",
  "listInjectWorkloads",
  "listMyBlueprints",
  "listTerminals",
]);

test.each(lists)("%s comes whole without a limit and the same in pages with one", async (_, spec) => {
  const { operationId } = spec;
  const path = pathOf(spec);
  const whole = await page(path);
  expect(whole.text).toBe("");
  expect(whole.status === 200, `${operationId} answers ${whole.status}`).toBe(!unavailable.has(operationId));
  if (unavailable.has(operationId)) return;
  const items: Item[] = [];
  const without = ({ lastUsedAt, bytesIn, bytesOut, lastActiveAt, ...rest }: Item) => rest;
  for (let next: string | undefined = `${path}?limit=2`; next; ) {
    const one = await page(next);
    expect(one.status, next).toBe(200);
    expect(one.body.length).toBeLessThanOrEqual(2);
    items.push(...one.body);
    next = one.links.next;
  }
  const comparable = (list: Item[]) => list.map((item) => (typeof item === "object" ? without(item) : item));
  expect(comparable(items)).toEqual(comparable(whole.body));
});

describe("pages of a list", () => {
  const names = ({ body }: { body: Item[] }) => body.map(({ name }) => name);

  it("lead forwards, back and to the first, and keep the rest of the query", async () => {
    const first = await page("/workspaces?username=alice&limit=2");
    expect([names(first), Object.keys(first.links)]).toEqual([workspaces.slice(0, 2), ["first", "next"]]);
    const second = await page(first.links.next ?? "");
    expect([names(second), Object.keys(second.links)]).toEqual([
      workspaces.slice(2, 4),
      ["first", "prev", "next"],
    ]);
    const third = await page(second.links.next ?? "");
    expect([names(third), Object.keys(third.links)]).toEqual([workspaces.slice(4), ["first", "prev"]]);
    expect(names(await page(third.links.prev ?? ""))).toEqual(workspaces.slice(2, 4));
    expect(names(await page(second.links.prev ?? ""))).toEqual(workspaces.slice(0, 2));
    expect(names(await page(third.links.first ?? ""))).toEqual(workspaces.slice(0, 2));
    expect(third.links.first).toContain("username=alice");
  });

  it("repeat nothing and leave nothing out when items come and go meanwhile", async () => {
    const made = await Promise.all(
      ["b", "d", "f", "h"].map(async (name) => gateway.token("carol", ["workspace:read"], `t-${name}`)),
    );
    expect(made).toHaveLength(4);
    const listed = async (path: string) => page(path);
    const before = names(await listed("/users/carol/tokens"));
    const first = await listed("/users/carol/tokens?limit=3");
    const [gone] = first.body;
    await gateway.api("DELETE", `/users/carol/tokens/${gone?.id}`, { token });
    const rest: unknown[] = [];
    for (let next = first.links.next; next; ) {
      const one = await listed(next);
      rest.push(...names(one));
      next = one.links.next ?? "";
    }
    expect([...names(first), ...rest]).toEqual(before);
  });

  it("are of what the caller may see", async () => {
    const narrowed = await gateway.token(
      "alice",
      ["workspace:list@alice-2", "workspace:list@alice-5"],
      "two",
    );
    const first = await page("/workspaces?limit=1", narrowed);
    expect(names(first)).toEqual(["alice-2"]);
    const second = await page(first.links.next ?? "", narrowed);
    expect([names(second), second.links.next]).toEqual([["alice-5"], undefined]);
  });

  it("are empty behind the end", async () => {
    const { body, links } = await page("/workspaces?username=nobody&limit=5");
    expect([body, Object.keys(links)]).toEqual([[], ["first"]]);
  });

  it.each([
    "limit=0",
    "limit=1001",
    "limit=two",
    "limit=1&limit=2",
    "cursor=WyJhZnRlciIsMSwieCJd",
    "limit=1&cursor=nonsense",
    "limit=1&cursor=WyJhZnRlciIsLTEsIjAxMjM0NTY3ODlhYmNkZWYiXQ",
  ])("are refused with %s", async (query) => {
    expect((await page(`/workspaces?${query}`)).status).toBe(400);
  });
});
