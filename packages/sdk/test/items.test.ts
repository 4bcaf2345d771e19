import { expect, test } from "vitest";
import { createClient } from "../src/index.ts";
import { json, serveHttp } from "./fake-server.ts";

const users = Array.from({ length: 250 }, (_, index) => ({ username: `user-${index}` }));

/** Serves a list in pages as the API does, below a path prefix. */
const start = async () => {
  const { url, requests } = await serveHttp(({ url: path = "" }, response) => {
    const { searchParams } = new URL(path, "http://x");
    const limit = Number(searchParams.get("limit"));
    const from = Number(searchParams.get("cursor") ?? 0);
    const next = from + limit < users.length ? `, <?limit=${limit}&cursor=${from + limit}>; rel="next"` : "";
    json(response, 200, users.slice(from, from + limit), { link: `<?limit=${limit}>; rel="first"${next}` });
  });
  return { client: createClient({ server: `${url}/k8shell` }), requests };
};

test("a list of any length is iterated in pages, also behind a path prefix", async () => {
  const { client, requests } = await start();
  const names: string[] = [];
  for await (const { username } of client.items("listUsers")) names.push(username);
  expect(names).toEqual(users.map(({ username }) => username));
  expect(requests.map(({ url }) => url)).toEqual([
    "/k8shell/api/v1/users?limit=100",
    "/k8shell/api/v1/users?limit=100&cursor=100",
    "/k8shell/api/v1/users?limit=100&cursor=200",
  ]);
});

test("pages that nobody asks for are not fetched", async () => {
  const { client, requests } = await start();
  for await (const _ of client.items("listWorkspaces", { all: true }, { pageSize: 10 })) break;
  expect(requests.map(({ url }) => url)).toEqual(["/k8shell/api/v1/workspaces?all=true&limit=10"]);
});
