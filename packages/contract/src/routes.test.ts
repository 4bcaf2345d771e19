import { describe, expect, it } from "vitest";
import { allRoutes, isScope, routePath, routes } from "./index.ts";
import { tagDescriptions } from "./routes/tags.ts";

describe("the route table", () => {
  it("is keyed by operation id", () => {
    for (const [key, route] of Object.entries(routes)) expect(route.operationId).toBe(key);
  });

  it("has no two routes of one method and path", () => {
    const places = allRoutes.map((route) => `${route.method} ${routePath(route).replace(/:\w+/g, ":")}`);
    expect(new Set(places).size).toBe(places.length);
  });

  it.each(allRoutes.map((route) => [route.operationId, route] as const))(
    "%s is a well-formed declaration",
    (_, route) => {
      expect(route.path).toMatch(/^\/[a-z-]+(?:\/(?::?[a-z_-]+|openapi\.json))*$|^\/(?:openapi\.json)$/);
      expect(route.summary).not.toMatch(/\.$/);
      const names = [...route.path.matchAll(/:(\w+)/g)].map((match) => match[1]);
      const shape = route.params && "shape" in route.params ? Object.keys(route.params.shape as object) : [];
      expect(shape.sort()).toEqual(names.sort());
      if (route.method === "GET") expect(route.body).toBeUndefined();
    },
  );

  it("lets only reading requests be followed, in the kind that they answer with", () => {
    for (const { operationId, method, watch, follow, responses, alternative } of allRoutes) {
      if (!watch && !follow) continue;
      expect(method, operationId).toBe("GET");
      if (watch) expect(typeof responses[200], operationId).toBe("object");
      if (follow) expect([responses[200], alternative], operationId).toContain(follow);
    }
  });

  it("lets nobody follow a secret", () => {
    for (const operationId of ["getUserCredential", "getMyCredential"]) {
      expect(allRoutes.find((route) => route.operationId === operationId)?.watch).toBeUndefined();
    }
  });

  it("uses the sections of the reference, and all of them", () => {
    expect(new Set(allRoutes.map((route) => route.tag))).toEqual(new Set(Object.keys(tagDescriptions)));
  });

  it("has every route below a user also for the caller", () => {
    const paths = new Set(allRoutes.map((route) => `${route.method} ${route.path}`));
    for (const route of allRoutes) {
      const below = /^\/users\/:username(.*)$/.exec(route.path);
      if (below) expect(paths).toContain(`${route.method} /me${below[1]}`);
    }
  });

  it.each(
    `
    GET /healthcheck, GET /auth/providers, GET /auth/login, POST /auth/callback, POST /auth/logout, GET /me/profile,
    GET /me/sessions, GET /me/credentials, GET /me/credentials/:name, GET /me/blueprints, GET /users,
    GET /users/:username/profile, GET /users/:username/sessions, GET /users/:username/credentials,
    GET /users/:username/credentials/:name, GET /users/:username/blueprints, GET /workspaces, POST /workspaces,
    GET /workspaces/:name, DELETE /workspaces/:name, GET /workspaces/:name/sysinfo, GET /workspaces/:name/interactive,
    GET /workspaces/:name/apps, GET /workspaces/:name/apps/:app/logs, POST /workspaces/:name/apps/:app/install,
    POST /workspaces/:name/apps/:app/start, POST /workspaces/:name/apps/:app/stop, GET /workspaces/:name/files,
    PUT /workspaces/:name/files, GET /jobs/:job_id, POST /internal/users/:username/token,
    GET /auth/token, GET /sessions`
      .split(",")
      .map((place) => place.trim()),
  )("serves the specified %s", (place) => {
    expect(
      allRoutes.filter((route) => !route.root).map((route) => `${route.method} ${route.path}`),
    ).toContain(place);
  });

  it("asks for scopes that exist, or for actions that have none of their own", () => {
    const withoutScope = [
      "user:create",
      "user:delete",
      "org:read",
      "onboardrule:list",
      "onboardrule:create",
      "onboardrule:update",
      "onboardrule:delete",
      "internal:token",
      "user:read:credentials:{name}",
    ];
    for (const { permission } of allRoutes) {
      if (permission.kind === "public" || permission.kind === "authenticated") continue;
      const wanted = permission.kind === "action" ? [permission] : permission.actions;
      for (const { scope } of wanted)
        expect(withoutScope.includes(scope) || isScope(scope), scope).toBe(true);
    }
  });

  it("fills every placeholder of a permission from the path", () => {
    for (const { permission, path } of allRoutes) {
      if (permission.kind !== "action") continue;
      const texts = [permission.scope, ...Object.values({ ...permission.context, ...permission.attributes })];
      for (const [, name] of texts.join(" ").matchAll(/\{(\w+)\}/g)) expect(path).toContain(`/:${name}`);
    }
  });
});
