import { describe, expect, it } from "vitest";
import { createClient, K8shellError } from "../src/index.ts";
import { json, serveHttp } from "./fake-server.ts";

const failure = async (promise: Promise<unknown>): Promise<K8shellError> => {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof K8shellError)) throw new Error(`expected a K8shellError, got ${error}`);
  return error;
};

describe("errors", () => {
  it("carry the status, code, words and request id of the server's error body", async () => {
    const { url } = await serveHttp((_, response) =>
      json(response, 403, {
        status: 403,
        msg: "Not yours.",
        code: "forbidden",
        requestId: "r-1",
      }),
    );
    const error = await failure(createClient({ server: url }).api.getWorkspace({ name: "x" }));
    expect(error).toMatchObject({
      message: "Not yours.",
      status: 403,
      code: "forbidden",
      requestId: "r-1",
    });
  });

  it("have words of their own where the body is a proxy's page", async () => {
    const { url } = await serveHttp((_, response) => response.writeHead(404).end("<h1>nginx</h1>"));
    const error = await failure(createClient({ server: url }).api.getMyProfile());
    expect(error).toMatchObject({
      status: 404,
      code: "http_404",
      message: "There is nothing at this address.",
    });
  });

  it("say that the address may be wrong where a page is answered instead of JSON", async () => {
    const { url } = await serveHttp((_, response) => response.writeHead(200).end("<!doctype html>"));
    expect((await failure(createClient({ server: url }).api.listWorkspaces())).code).toBe("invalid_response");
  });

  it("are network_error where nobody listens", async () => {
    const client = createClient({ server: "http://127.0.0.1:1", retries: 0 });
    expect(await failure(client.api.listWorkspaces())).toMatchObject({ status: 0, code: "network_error" });
  });

  it("are client_timeout where no answer comes in time", async () => {
    const { url } = await serveHttp(() => {});
    const error = await failure(createClient({ server: url }).api.listWorkspaces({}, { timeoutMs: 50 }));
    expect(error.code).toBe("client_timeout");
  });

  it("are the reason of the signal where the caller gave up", async () => {
    const { url } = await serveHttp(() => {});
    const stop = new AbortController();
    const call = createClient({ server: url }).api.listWorkspaces({}, { signal: stop.signal });
    stop.abort(new Error("enough"));
    await expect(call).rejects.toThrow("enough");
  });

  it("are the reason of the client's signal, for every request of the client", async () => {
    const { url, requests } = await serveHttp(() => {});
    const stop = new AbortController();
    const { api } = createClient({ server: url, signal: stop.signal });
    const calls = [api.listWorkspaces(), api.listWorkspaces({}, { signal: new AbortController().signal })];
    await expect.poll(() => requests.length).toBe(2);
    stop.abort(new Error("enough"));
    for (const call of calls) await expect(call).rejects.toThrow("enough");
    await expect(api.listWorkspaces()).rejects.toThrow("enough");
    expect(requests).toHaveLength(2);
  });
});

describe("repeated requests", () => {
  const unavailable = { status: 503, msg: "wait", code: "unavailable", requestId: "r" };

  it("a GET is sent again after 503, and the pause the server asks for", async () => {
    const { url, requests } = await serveHttp((_, response, count) =>
      count < 3 ? json(response, 503, unavailable, { "retry-after": "0" }) : json(response, 200, []),
    );
    await expect(createClient({ server: url }).api.listWorkspaces()).resolves.toEqual([]);
    expect(requests).toHaveLength(3);
  });

  it("ends after the configured number of attempts", async () => {
    const { url, requests } = await serveHttp((_, response) =>
      json(response, 503, unavailable, { "retry-after": "0" }),
    );
    await failure(createClient({ server: url, retries: 1 }).api.listWorkspaces());
    expect(requests).toHaveLength(2);
  });

  it("a POST is not sent again", async () => {
    const { url, requests } = await serveHttp((_, response) =>
      json(response, 503, unavailable, { "retry-after": "0" }),
    );
    await failure(createClient({ server: url }).api.createMyToken({ body: { name: "a", scopes: ["*"] } }));
    expect(requests).toHaveLength(1);
  });

  it("creating a workspace is, under one idempotency key", async () => {
    const { url, requests } = await serveHttp((_, response, count) =>
      count === 1
        ? json(response, 503, unavailable, { "retry-after": "0" })
        : json(response, 202, { workspace: "a-1", jobId: "j", monitorUrl: "/api/v1/jobs/j" }),
    );
    await createClient({ server: url }).createWorkspace({ blueprint: "dev" });
    const keys = requests.map((request) => request.headers["idempotency-key"]);
    expect(keys).toHaveLength(2);
    expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/);
    expect(keys[1]).toBe(keys[0]);
  });

  it("a refusal is not repeated", async () => {
    const { url, requests } = await serveHttp((_, response) =>
      json(response, 404, { status: 404, msg: "no", code: "not_found", requestId: "r" }),
    );
    await failure(createClient({ server: url }).api.getWorkspace({ name: "x" }));
    expect(requests).toHaveLength(1);
  });
});

describe("requests", () => {
  it("put parameters into the path and the query, escaped, and leave out what is undefined", async () => {
    const { url, requests } = await serveHttp((_, response) => json(response, 200, []));
    await createClient({ server: `${url}/prefix/` }).api.listUserSessions({
      username: "a b",
      workspace: "x&y",
      last_n: 3,
      all: undefined,
    });
    expect(requests[0]?.url).toBe("/prefix/api/v1/users/a%20b/sessions?workspace=x%26y&last_n=3");
  });

  it("carry the token, asked for anew each time", async () => {
    const { url, requests } = await serveHttp((_, response) => json(response, 200, []));
    let n = 0;
    const client = createClient({ server: url, token: async () => `k8sh_${++n}` });
    await client.api.listWorkspaces();
    await client.api.listWorkspaces();
    expect(requests.map(({ headers }) => headers.authorization)).toEqual(["Bearer k8sh_1", "Bearer k8sh_2"]);
  });

  it("never carry the token to another server", async () => {
    const other = await serveHttp((_, response) => json(response, 200, []));
    const client = createClient({ server: "http://127.0.0.1:1", token: "k8sh_secret" });
    await client.transport.send({ method: "GET", path: `${other.url}/x` });
    expect(other.requests[0]?.headers.authorization).toBeUndefined();
  });

  it("without a needed parameter are refused before they are sent", async () => {
    const client = createClient({ server: "http://127.0.0.1:1" });
    await expect(client.api.getWorkspace({ name: "" })).rejects.toThrow("name is missing");
  });
});
