import { ZodType } from "zod";
import { isList, queryOf } from "../pagination.ts";
import type { ActionPermission, Permission, RawKind, RouteSpec } from "../route.ts";
import { tagDescriptions } from "../routes/tags.ts";
import { errorResponse } from "../schemas/index.ts";
import { createSchemaCollector, type JsonSchema, type SchemaCollector } from "./schemas.ts";

/** An OpenAPI 3.1 document. */
export interface OpenApiDocument {
  readonly openapi: "3.1.0";
  readonly info: JsonSchema;
  readonly servers: readonly JsonSchema[];
  readonly tags: readonly JsonSchema[];
  readonly paths: Record<string, Record<string, unknown>>;
  readonly components: JsonSchema;
  readonly security: readonly JsonSchema[];
}

export interface OpenApiOptions {
  /** Version of the server. */
  version: string;
  /** Name of the session cookie (default `k8shell-session`). */
  cookieName?: string;
}

const prefix = "/api/v1";

const standardErrors: Readonly<Record<number, string>> = {
  400: "The request is not valid.",
  401: "Nobody is signed in, or the token or session is not valid (any more).",
  403: "The caller is not allowed to do this.",
  500: "The server failed.",
};

const rawContent: Readonly<Record<Exclude<RawKind, "none" | "websocket">, JsonSchema>> = {
  bytes: { "application/octet-stream": { schema: { type: "string", format: "binary" } } },
  text: { "text/plain": { schema: { type: "string" } } },
  yaml: { "text/yaml": { schema: { type: "string" } } },
  ndjson: {
    "application/x-ndjson": { schema: { type: "string", description: "One JSON object per line." } },
  },
  html: { "text/html": { schema: { type: "string" } } },
  "event-stream": {
    "text/event-stream": {
      schema: {
        type: "string",
        description: "Server-sent events; each `data:` line is one JSON object or log line.",
      },
    },
  },
};

const sentence = (text: string): string =>
  `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!]$/.test(text) ? "" : "."}`;

const successText: Readonly<Record<number, string>> = {
  101: "The connection is a WebSocket from here on.",
  200: "Success.",
  201: "Created.",
  202: "Accepted, or not finished yet.",
  204: "Done.",
  206: "The range that was asked for.",
  302: "The browser goes on elsewhere.",
  303: "The browser goes on elsewhere.",
  304: "Not changed since the client got it.",
};

const scopeText = (permission: Permission): string => {
  const list = (actions: readonly ActionPermission[]) =>
    [...new Set(actions.map((action) => `\`${action.scope}\``))].join(", ");
  if (permission.kind === "public") return "No sign-in needed.";
  if (permission.kind === "authenticated") return "Any access token will do.";
  if (permission.kind === "action") return `Scope of an access token: ${list([permission])}.`;
  return `Scopes of an access token, depending on the request: ${list(permission.actions)}.`;
};

const contentOf = (
  kind: ZodType | RawKind,
  io: "input" | "output",
  schemas: SchemaCollector,
): JsonSchema | undefined => {
  if (kind instanceof ZodType) return { "application/json": { schema: schemas.translate(kind, io) } };
  return kind === "none" || kind === "websocket" ? undefined : rawContent[kind];
};

const parameters = (
  schema: ZodType | undefined,
  place: "path" | "query",
  schemas: SchemaCollector,
): JsonSchema[] => {
  if (!schema) return [];
  const { properties, required } = schemas.translate(schema, "input");
  const names = Array.isArray(required) ? required : [];
  return Object.entries(properties ?? {}).map(([name, definition]: [string, JsonSchema]) => {
    const { description, ...rest } = definition;
    return {
      name,
      in: place,
      required: place === "path" || names.includes(name),
      ...(description === undefined ? {} : { description }),
      schema: rest,
    };
  });
};

const pageHeaders = {
  Link: {
    description:
      "With `limit`: references, relative to the request, to the pages `first`, `prev` and `next` (RFC 8288).",
    schema: { type: "string" },
  },
};

const responsesOf = (spec: RouteSpec, schemas: SchemaCollector): JsonSchema => {
  const responses: JsonSchema = {};
  for (const [status, kind] of Object.entries(spec.responses)) {
    const content = contentOf(kind, "output", schemas);
    const also = spec.alternative === undefined ? {} : rawContent[spec.alternative];
    responses[status] = {
      description: successText[Number(status)] ?? "Success.",
      ...(Number(status) === 200 && isList(spec) ? { headers: pageHeaders } : {}),
      ...(content ? { content: { ...content, ...also } } : {}),
    };
  }
  if (spec.method === "GET" && spec.responses[200] instanceof ZodType) {
    responses[304] ??= {
      description: "As the client has it: `If-None-Match` names the `ETag` of the answer.",
    };
  }
  const errors: Record<string, string> = { ...standardErrors };
  if (spec.permission.kind === "public") {
    delete errors[403];
    delete errors[401];
  }
  for (const [status, why] of Object.entries(spec.errors ?? {})) errors[status] = sentence(why);
  for (const [status, description] of Object.entries(errors)) {
    responses[status] = {
      description,
      content: { "application/json": { schema: schemas.translate(errorResponse, "output") } },
    };
  }
  return responses;
};

const operation = (spec: RouteSpec, schemas: SchemaCollector): JsonSchema => {
  const body = spec.body;
  const content = body === undefined ? undefined : contentOf(body, "input", schemas);
  const optional = body instanceof ZodType && body.safeParse(undefined).success;
  const events = [...(spec.watch ? ["state"] : []), ...(spec.follow ? ["stream"] : [])];
  const all = [...parameters(spec.params, "path", schemas), ...parameters(queryOf(spec), "query", schemas)];
  return {
    operationId: spec.operationId,
    tags: [spec.tag],
    summary: spec.summary,
    description: [spec.description, scopeText(spec.permission)].filter(Boolean).join("\n\n"),
    ...(all.length > 0 ? { parameters: all } : {}),
    ...(content ? { requestBody: { required: !optional, content } } : {}),
    responses: responsesOf(spec, schemas),
    ...(spec.permission.kind === "public" ? { security: [] } : {}),
    ...(events.length > 0 ? { "x-events": events } : {}),
  };
};

/** Where a route is reached: below `/api/v1`, or at the root. */
export const routePath = (spec: RouteSpec): string => (spec.root ? spec.path : `${prefix}${spec.path}`);

/**
 * The OpenAPI 3.1 document of a route table.
 * @param routes in the order of the reference
 */
export const openApiDocument = (
  routes: readonly RouteSpec[],
  { version, cookieName = "k8shell-session" }: OpenApiOptions,
): OpenApiDocument => {
  const schemas = createSchemaCollector();
  const paths: Record<string, Record<string, unknown>> = {};
  for (const spec of routes) {
    const path = routePath(spec).replace(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [spec.method.toLowerCase()]: operation(spec, schemas) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "k8shell API",
      version,
      description: "The entry point to a platform of developer workspaces.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/", description: "This server." }],
    tags: [...new Set(routes.map((spec) => spec.tag))].map((name) => ({
      name,
      description: tagDescriptions[name] ?? name,
    })),
    paths,
    components: {
      securitySchemes: {
        bearer: {
          type: "http",
          scheme: "bearer",
          description: "A personal access token (`k8sh_…`), or a user token (JWT).",
        },
        cookie: { type: "apiKey", in: "cookie", name: cookieName, description: "The session of a browser." },
      },
      schemas: schemas.components(),
    },
    security: [{ bearer: [] }, { cookie: [] }],
  };
};
