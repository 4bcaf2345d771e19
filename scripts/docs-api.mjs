// The API reference as Markdown pages, one for each section of the API, made from the same OpenAPI document that a running
// server serves. `npm run generate` writes them.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { openApiDocument, routes } from "@k8shell/contract";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const folder = join(root, "docs/reference/api");
const methods = ["get", "put", "post", "patch", "delete", "options"];

const slugOf = (title) => title.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
const schemaName = (reference) => reference.split("/").at(-1);
// Angle brackets would be HTML, braces a template of the site's generator, pipes the next cell.
const escaped = (text) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll("{{", "{ {").replaceAll("|", "\\|");
const outsideCode = (text) =>
  text
    .split(/(`[^`]*`)/)
    .map((part, index) => (index % 2 === 1 ? part : escaped(part)))
    .join("");
const cell = (text) => outsideCode(text ?? "").replaceAll(/\s+/g, " ");

/** A schema in one line, such as `string[]` or a link to the schema's own heading. */
const typeOf = (schema) => {
  if (!schema || Object.keys(schema).length === 0) return "any";
  if (schema.$ref) {
    const name = schemaName(schema.$ref);
    return `[${name}](./schemas.md#${name.toLowerCase()})`;
  }
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.enum) return schema.enum.map((value) => `\`${JSON.stringify(value)}\``).join(", ");
  const any = schema.anyOf ?? schema.oneOf;
  if (any) return any.map(typeOf).join(" or ");
  if (schema.allOf) return schema.allOf.map(typeOf).join(" and ");
  if (schema.type === "array") return `list of ${typeOf(schema.items)}`;
  if (schema.type === "object" && schema.additionalProperties && !schema.properties)
    return `map of ${typeOf(schema.additionalProperties)}`;
  if (schema.type === "object" && schema.properties)
    return `object (${Object.keys(schema.properties)
      .map((name) => `\`${name}\``)
      .join(", ")})`;
  const type = Array.isArray(schema.type) ? schema.type.join(" or ") : (schema.type ?? "any");
  return schema.format ? `${type} (${schema.format})` : type;
};

const propertyTable = (schema) => {
  const required = new Set(schema.required ?? []);
  return [
    "| field | type | |",
    "| --- | --- | --- |",
    ...Object.entries(schema.properties).map(
      ([name, property]) =>
        `| \`${name}\`${required.has(name) ? "" : "?"} | ${typeOf(property)} | ${cell(property.description)} |`,
    ),
    "",
  ];
};

const contentLines = (content) =>
  Object.entries(content).map(([type, { schema }]) => `\`${type}\`: ${typeOf(schema)}`);

const operationLines = (path, method, operation) => {
  const lines = [`## ${operation.summary}`, ""];
  lines.push("```http", `${method.toUpperCase()} ${path}`, "```", "");
  if (operation.description) lines.push(outsideCode(operation.description), "");
  const parameters = operation.parameters ?? [];
  if (parameters.length > 0) {
    lines.push("| parameter | in | type | |", "| --- | --- | --- | --- |");
    for (const { name, in: place, required, schema, description } of parameters)
      lines.push(
        `| \`${name}\`${required ? "" : "?"} | ${place} | ${typeOf(schema)} | ${cell(description ?? schema?.description)} |`,
      );
    lines.push("");
  }
  if (operation.requestBody) {
    lines.push(`**Body.** ${contentLines(operation.requestBody.content).join("; ")}`, "");
    const schema = operation.requestBody.content["application/json"]?.schema;
    if (schema?.properties) lines.push(...propertyTable(schema));
  }
  lines.push("| status | | body |", "| --- | --- | --- |");
  for (const [status, response] of Object.entries(operation.responses)) {
    const body = Number(status) >= 400 ? "" : contentLines(response.content ?? {}).join("; ");
    lines.push(`| ${status} | ${cell(response.description)} | ${body} |`);
  }
  lines.push("");
  return lines;
};

const document = () => openApiDocument(Object.values(routes), { version: "current" });

/**
 * Sections of the API, in the order of the reference.
 * @returns {{title: string, slug: string, description: string}[]}
 */
export const apiSections = () => [
  ...document().tags.map(({ name, description }) => ({ title: name, slug: slugOf(name), description })),
  { title: "Schemas", slug: "schemas", description: "Objects that requests and answers carry." },
];

/**
 * The pages.
 * @returns {Map<string, string>} from the slug of a section to its text
 */
export const apiPages = () => {
  const api = document();
  const pages = new Map();
  const write = (slug, lines) => pages.set(slug, `${lines.join("\n").trimEnd()}\n`);
  const sections = apiSections();
  write("index", [
    "# API reference",
    "",
    "Every operation of the REST API, made from the contract that the server validates requests with. A running server serves the",
    "same at `/docs`, and as OpenAPI 3.1 at `/api/v1/openapi.json`.",
    "",
    "Every list takes `limit` (1 to 1000): the answer is then a page, and its header `Link` (RFC 8288) leads to the `first`, `prev` and",
    "`next` ones. Without it the whole list comes.",
    "",
    "| section | |",
    "| --- | --- |",
    ...sections.map(({ title, slug, description }) => `| [${title}](./${slug}.md) | ${cell(description)} |`),
    "",
    "An error has the body [Error](./schemas.md#error); [troubleshooting](../../operate/troubleshooting.md) explains each `code`.",
  ]);
  for (const { title, slug, description } of sections.slice(0, -1)) {
    const lines = [`# ${title}`, "", outsideCode(description), ""];
    for (const [path, item] of Object.entries(api.paths))
      for (const method of methods) {
        const operation = item[method];
        if (operation?.tags?.includes(title)) lines.push(...operationLines(path, method, operation));
      }
    write(slug, lines);
  }
  const schemas = ["# Schemas", "", "A `?` marks what may be absent.", ""];
  for (const [name, schema] of Object.entries(api.components.schemas)) {
    schemas.push(`## ${name}`, "");
    if (schema.description) schemas.push(outsideCode(schema.description), "");
    if (schema.properties) schemas.push(...propertyTable(schema));
    else schemas.push(typeOf(schema), "");
  }
  write("schemas", schemas);
  return pages;
};

/** Writes docs/reference/api/*.md anew. */
export const writeApiPages = () => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [slug, text] of apiPages()) writeFileSync(join(folder, `${slug}.md`), text);
};
