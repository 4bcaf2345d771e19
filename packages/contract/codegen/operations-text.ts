import { ZodType } from "zod";
import { routePath } from "../src/openapi/openapi.ts";
import { createSchemaCollector, type JsonSchema, type SchemaCollector } from "../src/openapi/schemas.ts";
import { queryOf } from "../src/pagination.ts";
import type { RouteSpec } from "../src/route.ts";
import { comment, propertyKey, typeText } from "./type-text.ts";

const banner = "// Generated from the route table by `npm run generate`; do not edit.\n\n";

/** Answers that are read as a whole: JSON, or nothing. Streams, pages and redirects have functions of their own. */
const isPlain = ({ responses, body, method }: RouteSpec): boolean => {
  const answers = Object.entries(responses).filter(([status]) => Number(status) < 300);
  return (
    answers.length > 0 &&
    answers.every(([, kind]) => kind instanceof ZodType || kind === "none") &&
    (body === undefined || body instanceof ZodType) &&
    // A callback of a browser's redirect.
    !(method === "GET" && answers.every(([, kind]) => kind === "none"))
  );
};

interface Fields {
  readonly text: string;
  readonly names: readonly string[];
  readonly allOptional: boolean;
}

const noFields: Fields = { text: "", names: [], allOptional: true };

const plainTypes: readonly string[] = ["boolean", "integer", "number"];

const isRecord = (value: unknown): value is Record<string, JsonSchema> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const fieldsOf = (
  schema: ZodType | undefined,
  place: "path" | "query",
  collector: SchemaCollector,
): Fields => {
  if (!schema) return noFields;
  const { properties, required } = collector.translate(schema, "input");
  const parsed = collector.translate(schema, "output").properties;
  if (!isRecord(properties)) return noFields;
  const needed = place === "path" ? Object.keys(properties) : Array.isArray(required) ? required : [];
  const rows = Object.entries(properties).map(([name, definition]) => {
    // Callers give numbers and booleans; the text in the address is made of them.
    const output = isRecord(parsed) ? parsed[name] : undefined;
    const type = plainTypes.includes(String(output?.type))
      ? typeText(output ?? {})
      : typeText(definition, "      ");
    const optional = needed.includes(name) ? "" : "?";
    return `${comment(definition.description, "      ")}      ${propertyKey(name)}${optional}: ${type};\n`;
  });
  return {
    text: rows.join(""),
    names: Object.keys(properties),
    allOptional: Object.keys(properties).every((name) => !needed.includes(name)),
  };
};

const answerOf = ({ responses }: RouteSpec, collector: SchemaCollector): string => {
  const kinds = Object.entries(responses)
    .filter(([status]) => Number(status) < 300)
    .map(([, kind]) =>
      kind instanceof ZodType ? typeText(collector.translate(kind, "output"), "    ") : "void",
    );
  return [...new Set(kinds)].join(" | ");
};

/** The text of the two generated files. */
export const sdkSources = (routes: readonly RouteSpec[]): { types: string; operations: string } => {
  const collector = createSchemaCollector();
  const table: string[] = [];
  const rows = routes.filter(isPlain).map((spec) => {
    const path = fieldsOf(spec.params, "path", collector);
    const query = fieldsOf(queryOf(spec), "query", collector);
    const twice = path.names.filter((name) => query.names.includes(name) || name === "body");
    if (twice.length > 0)
      throw new Error(`${spec.operationId}: ${twice.join()} is a path and a query parameter`);
    const body = spec.body instanceof ZodType ? spec.body : undefined;
    const bodyOptional = body === undefined || body.safeParse(undefined).success;
    const bodyText = body
      ? `      body${bodyOptional ? "?" : ""}: ${typeText(collector.translate(body, "input"), "      ")};\n`
      : "";
    const optional = path.allOptional && query.allOptional && bodyOptional;
    const fields = path.text + query.text + bodyText;
    const input = fields === "" ? "Record<never, never>" : `{\n${fields}    }`;
    const text = [spec.summary, spec.description].filter(Boolean).join("\n\n");
    table.push(`  ${spec.operationId}: ["${spec.method}", "${routePath(spec)}"],\n`);
    return `${comment(text, "  ")}  ${spec.operationId}: {\n    input: ${input};\n    optional: ${optional};\n    output: ${answerOf(spec, collector)};\n  };\n`;
  });
  const components = Object.entries(collector.components());
  const types = components.map(([name, schema]) => {
    const text = typeText(schema);
    const head = comment(schema.description, "");
    return text.startsWith("{")
      ? `${head}export interface ${name} ${text}\n`
      : `${head}export type ${name} = ${text};\n`;
  });
  const whole = rows.join("");
  const used = components.map(([name]) => name).filter((name) => new RegExp(`\\b${name}\\b`).test(whole));
  return {
    types: banner + types.join("\n"),
    operations: `${banner}import type {\n${used.map((name) => `  ${name},\n`).join("")}} from "./types.ts";\n\n/** Every operation that answers with JSON or nothing, by its id in the API reference. */\nexport interface Operations {\n${rows.join("\n")}}\n\n/** Method and path of each. */\nexport const operationTable = {\n${table.join("")}} as const satisfies Record<keyof Operations, readonly [method: string, path: string]>;\n`,
  };
};
