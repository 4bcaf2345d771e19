import { createConfig, lintFromString } from "@redocly/openapi-core";
import { describe, expect, it } from "vitest";
import { allRoutes, openApiDocument } from "../src/index.ts";

const document = openApiDocument(allRoutes, { version: "1.2.3" });

/** Rules of the recommended set that do not fit: probes and pages have no client error to describe. */
const exceptions = { "operation-4xx-response": "off" } as const;

/** A redirect and a protocol switch have no success of the 2xx kind. */
const withoutSuccess = [
  "app-sign-in",
  "/paths/~1api~1v1~1auth~1login/get/",
  "/paths/~1api~1v1~1auth~1callback/get/",
  "/paths/~1auth~1callback/get/",
  "/paths/~1api~1v1~1workspaces~1{name}~1interactive/",
  "/paths/~1api~1v1~1workspaces~1{name}~1exec/get/",
  "/paths/~1api~1v1~1workspaces~1{name}~1ports~1{port}~1forward/get/",
  "/paths/~1api~1v1~1events/get/",
];

describe("the OpenAPI document", () => {
  it("is valid under a standard linter", async () => {
    const config = await createConfig({ extends: ["recommended"], rules: exceptions });
    const problems = await lintFromString({ source: JSON.stringify(document), config });
    const found = problems.map(({ ruleId, message, location }) => [
      ruleId,
      message,
      location[0]?.pointer ?? "",
    ]);
    const unexpected = found.filter(
      ([rule, , pointer = ""]) =>
        rule !== "operation-2xx-response" || !withoutSuccess.some((path) => pointer.includes(path)),
    );
    expect(unexpected).toEqual([]);
    expect(found).toHaveLength(withoutSuccess.length);
  });

  it("describes every route once, with a unique operation id", () => {
    const operations = Object.values(document.paths).flatMap((path) => Object.values(path));
    expect(operations).toHaveLength(allRoutes.length);
    expect(new Set(allRoutes.map((route) => route.operationId)).size).toBe(allRoutes.length);
  });

  it("names the schemas of the contract as components", () => {
    const { schemas } = document.components as { schemas: Record<string, object> };
    for (const name of [
      "WorkspaceDetails",
      "ProvisionJob",
      "UserProfile",
      "SSHSession",
      "AccessToken",
      "Error",
    ]) {
      expect(Object.keys(schemas)).toContain(name);
    }
    expect(JSON.stringify(document)).not.toContain("$defs");
  });

  it("has every reference resolved", () => {
    const { schemas } = document.components as { schemas: Record<string, object> };
    const references = JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g);
    for (const [, name] of references) expect(Object.keys(schemas)).toContain(name);
  });

  it("offers jobs and app logs as event streams too", () => {
    const get = document.paths["/api/v1/jobs/{job_id}"]?.get as { responses: { 200: { content: object } } };
    expect(Object.keys(get.responses[200].content)).toEqual(["application/json", "text/event-stream"]);
  });

  it("says which routes need no sign-in", () => {
    expect(document.paths["/api/v1/healthcheck"]?.get).toMatchObject({ security: [] });
    expect(document.paths["/api/v1/workspaces"]?.get).not.toHaveProperty("security");
  });

  it("asks for a body only where one is needed", () => {
    expect(document.paths["/api/v1/users/{username}"]?.delete).toMatchObject({
      requestBody: { required: false },
    });
    expect(document.paths["/api/v1/workspaces"]?.post).toMatchObject({ requestBody: { required: true } });
  });
});
