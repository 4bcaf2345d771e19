/** A JSON Schema 2020-12 object as the OpenAPI document has it. */
export type Schema = { readonly [key: string]: unknown };

const isSchema = (value: unknown): value is Schema =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const schemas = (value: unknown): Schema[] => (Array.isArray(value) ? value.filter(isSchema) : []);

const identifier = /^[A-Za-z_$][\w$]*$/;

/** A name as the key of an object type. */
export const propertyKey = (name: string): string => (identifier.test(name) ? name : JSON.stringify(name));

/** Text as a documentation comment, or nothing. */
export const comment = (text: unknown, indent: string): string => {
  if (typeof text !== "string" || text === "") return "";
  const lines = text.replace(/\*\//g, "*\\/").split("\n");
  if (lines.length === 1) return `${indent}/** ${lines[0]} */\n`;
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}`.trimEnd()).join("\n")}\n${indent} */\n`;
};

const referenced = (reference: string): string => reference.replace("#/components/schemas/", "");

const union = (parts: readonly string[]): string => [...new Set(parts)].join(" | ") || "never";

const objectText = (schema: Schema, indent: string): string => {
  const inner = `${indent}  `;
  const required = Array.isArray(schema.required) ? schema.required : [];
  const properties = isSchema(schema.properties) ? Object.entries(schema.properties) : [];
  const rows = properties.map(([name, definition]) => {
    const own = isSchema(definition) ? definition : {};
    const optional = required.includes(name) ? "" : "?";
    return `${comment(own.description, inner)}${inner}${propertyKey(name)}${optional}: ${typeText(own, inner)};\n`;
  });
  if (isSchema(schema.additionalProperties)) {
    const values = typeText(schema.additionalProperties, inner);
    if (rows.length === 0) return `Record<string, ${values}>`;
    rows.push(`${inner}[key: string]: ${values};\n`);
  }
  if (rows.length === 0) return "Record<string, unknown>";
  return `{\n${rows.join("")}${indent}}`;
};

const ofOneType = (type: unknown, schema: Schema, indent: string): string => {
  switch (type) {
    case "string":
      return "string";
    case "integer":
    case "number":
      return "number";
    case "boolean":
      return "boolean";
    case "null":
      return "null";
    case "array": {
      const items = isSchema(schema.items) ? typeText(schema.items, indent) : "unknown";
      return /^[\w.]+$/.test(items) ? `${items}[]` : `Array<${items}>`;
    }
    case "object":
      return objectText(schema, indent);
    default:
      return "unknown";
  }
};

/**
 * The TypeScript type of a JSON Schema, as text.
 * @param indent white space before the line that the type begins in
 */
export const typeText = (schema: Schema, indent = ""): string => {
  if (typeof schema.$ref === "string") return referenced(schema.$ref);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (Array.isArray(schema.enum)) return union(schema.enum.map((value) => JSON.stringify(value)));
  const alternatives = [...schemas(schema.anyOf), ...schemas(schema.oneOf)];
  if (alternatives.length > 0) return union(alternatives.map((part) => typeText(part, indent)));
  const all = schemas(schema.allOf);
  if (all.length > 0) return all.map((part) => typeText(part, indent)).join(" & ");
  if (Array.isArray(schema.type)) {
    return union(schema.type.map((type) => ofOneType(type, schema, indent)));
  }
  if (schema.type === undefined && isSchema(schema.properties)) return objectText(schema, indent);
  return ofOneType(schema.type, schema, indent);
};
