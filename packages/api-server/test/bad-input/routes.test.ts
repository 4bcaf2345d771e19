import { allRoutes, type RouteSpec, routePath } from "@k8shell/contract";
import fc from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";
import { encoded, headerText, lineText, runs, wellFormed } from "./texts.ts";
import { expectCalm, useVictim } from "./victim.ts";

/**
 * Bad input to every route: whatever is sent, the server answers with less than 500, or closes the connection, and
 * goes on serving others.
 */
const victim = useVictim();

/** With none of these does alice end her own token. */
const tried = allRoutes.filter(({ operationId }) => !/^revoke/.test(operationId));
/** Routes go by their names in what a failing test prints. */
const specs = new Map(tried.map((spec) => [spec.operationId, spec]));
const specOf = (id: string): RouteSpec => {
  const spec = specs.get(id);
  if (!spec) throw new Error(id);
  return spec;
};
const oneOf = (specs: readonly RouteSpec[]) =>
  fc.constantFrom(...specs.map(({ operationId }) => operationId));

const fillPath = (spec: RouteSpec, values: Readonly<Record<string, string>>): string =>
  routePath(spec).replace(/:(\w+)/g, (_, name: string) => values[name] ?? "x");

const known = (): Record<string, string> => ({
  username: "alice",
  name: victim().workspace,
  app: "web",
  id: "77",
});

const isJson = (spec: RouteSpec): boolean => typeof spec.body === "object";

const fieldsOf = (schema: z.ZodType): string[] =>
  Object.keys(z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }).properties ?? {});

test("paths of any bytes", async () => {
  const methods = fc.constantFrom("GET", "PUT", "POST", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "FOO");
  const prefix = fc.constantFrom("/api/v1/", "/api/v1", "/", "//", "/signin/", "/docs/", "http://x/", "");
  await fc.assert(
    fc.asyncProperty(methods, prefix, lineText, async (method, start, path) => {
      expectCalm(
        await victim().sendRequest(
          `${method} ${start}${path} HTTP/1.1`,
          `host: localhost\r\n${victim().authorization}`,
        ),
      );
    }),
    runs(400),
  );
});

test("path parameters of any text, on every route", async () => {
  await fc.assert(
    fc.asyncProperty(oneOf(tried), encoded, fc.boolean(), async (id, value, all) => {
      const spec = specOf(id);
      const names = [...routePath(spec).matchAll(/:(\w+)/g)].map(([, name]) => name ?? "");
      const values = Object.fromEntries(
        names.map((name, i) => [name, all || i === names.length - 1 ? value : known()[name]]),
      );
      const path = fillPath(spec, values as Record<string, string>);
      const body = isJson(spec) ? {} : undefined;
      const response = await victim().assembled.request(spec.method, path.replaceAll("#", "%23"), {
        credentials: victim().alice,
        body,
      });
      await response.arrayBuffer();
      expectCalm([response.status]);
    }),
    runs(600),
  );
});

test("query parameters of any text, once and repeated", async () => {
  const names = fc.constantFrom(
    "username",
    "all",
    "workspace",
    "last_n",
    "id",
    "scope",
    "path",
    "format",
    "delete",
    "state",
    "code",
    "provider",
    "redirect_uri",
    "redirect",
    "createPAT",
    "error",
    "logType",
    "follow",
    "force",
    "resource_owner",
    "tab",
    "cols",
    "__proto__",
  );
  const query = fc.array(fc.tuple(fc.oneof(names, wellFormed), wellFormed), { maxLength: 5 });
  const readable = tried.filter(({ method, responses }) => method === "GET" && responses[101] === undefined);
  await fc.assert(
    fc.asyncProperty(oneOf(readable), query, async (id, pairs) => {
      const spec = specOf(id);
      const path = `${fillPath(spec, known())}?${new URLSearchParams(pairs)}`;
      const response = await victim().assembled.request("GET", path, { credentials: victim().alice });
      await response.body?.cancel();
      expectCalm([response.status]);
    }),
    runs(500),
  );
});

test("every query parameter that a route declares, with any text", async () => {
  // Some of those texts do mean "delete it", and the other tests need the workspace.
  const harmless = tried.filter(({ operationId }) => operationId !== "deleteWorkspace");
  const declared = harmless.flatMap((spec) =>
    spec.query ? fieldsOf(spec.query).map((name) => ({ id: spec.operationId, name })) : [],
  );
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...declared), wellFormed, async ({ id, name }, value) => {
      const spec = specOf(id);
      const path = `${fillPath(spec, known())}?${new URLSearchParams([[name, value]])}`;
      const body = isJson(spec) ? {} : undefined;
      const response = await victim().assembled.request(spec.method, path, {
        credentials: victim().alice,
        body,
      });
      await response.body?.cancel();
      expectCalm([response.status]);
    }),
    runs(500),
  );
});

const bodied = tried.flatMap(({ operationId, body }) =>
  typeof body === "object" ? [{ id: operationId, fields: fieldsOf(body) }] : [],
);

const anyValue = fc.oneof(
  wellFormed,
  fc.double(),
  fc.boolean(),
  fc.constant(null),
  fc.array(fc.oneof(wellFormed, fc.integer()), { maxLength: 4 }),
  fc.dictionary(wellFormed, wellFormed, { maxKeys: 3 }),
);

const withBody = async (id: string, body: Uint8Array, type = "application/json"): Promise<void> => {
  const spec = specOf(id);
  const headers = `host: localhost\r\n${victim().authorization}content-type: ${type}\r\ncontent-length: ${body.length}\r\n`;
  expectCalm(await victim().sendRequest(`${spec.method} ${fillPath(spec, known())} HTTP/1.1`, headers, body));
};

test("JSON bodies with the right fields and any values", async () => {
  const filled = fc
    .constantFrom(...bodied)
    .chain(({ id, fields }) =>
      fc.tuple(
        fc.constant(id),
        fc.dictionary(fc.oneof(fc.constantFrom(...fields, "__proto__"), wellFormed), anyValue),
      ),
    );
  await fc.assert(
    fc.asyncProperty(filled, ([id, body]) => withBody(id, Buffer.from(JSON.stringify(body)))),
    runs(700),
  );
});

test("bodies of any JSON, of no JSON, and of any content type", async () => {
  const bytes = fc.oneof(
    fc.json().map((json) => Buffer.from(json)),
    fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array)),
    fc
      .constantFrom(
        '{"a":',
        "\ufeff{}",
        '{"__proto__":{"admin":true}}',
        "[".repeat(20_000),
        '{"a":'.repeat(5000),
        "nul",
        '"\\ud800"',
        '{"a":1}{"b":2}',
        "",
      )
      .map((json) => Buffer.from(json)),
  );
  const types = fc.oneof(
    fc.constantFrom(
      "application/json",
      "application/json; charset=utf-16",
      "text/plain",
      "multipart/form-data",
      "application/x-www-form-urlencoded",
      "application/x-www-form-urlencoded; charset=x",
      "",
    ),
    headerText,
  );
  const ids = fc.constantFrom(...bodied.map(({ id }) => id));
  await fc.assert(
    fc.asyncProperty(ids, bytes, types, (id, body, type) => withBody(id, body, type)),
    runs(500),
  );
});

test("user strings of any text are clearly refused", async () => {
  const field = fc.option(wellFormed, { nil: undefined });
  // Somebody else's, so that a string that does make sense starts nothing; alice's own with blueprints that are none.
  const others = fc.record({
    username: fc.oneof(fc.constant("bob"), wellFormed),
    blueprint: field,
    repoOwner: field,
    repoName: field,
    repoRef: field,
    workloadKind: field,
    workloadName: field,
    pod: field,
    namespace: field,
  });
  const own = fc.record({ username: fc.constant("alice"), blueprint: wellFormed, namespace: field });
  await fc.assert(
    fc.asyncProperty(fc.oneof(others, own), async (body) => {
      const response = await victim().assembled.request("POST", "/api/v1/workspaces", {
        credentials: victim().alice,
        body,
      });
      expect(await response.json()).toMatchObject({ msg: expect.any(String), status: response.status });
      expectCalm([response.status]);
    }),
    runs(300),
  );
});
