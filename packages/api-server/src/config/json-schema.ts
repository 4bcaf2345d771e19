import { z } from "zod";
import { configSchema } from "./schema.ts";

/** The part of JSON Schema that the configuration's schema comes out as, with the notes of its keys. */
const node = z.object({
  description: z.string().optional(),
  type: z.string().optional(),
  default: z.unknown().optional(),
  enum: z.array(z.string()).optional(),
  otherwise: z.string().optional(),
  secret: z.boolean().optional(),
  required: z.array(z.string()).optional(),
  get properties() {
    return z.record(z.string(), node).optional();
  },
  get items() {
    return node.optional();
  },
});

export type SchemaNode = z.infer<typeof node>;

/** The configuration's schema as data that can be walked. */
export const configAsJsonSchema = (): SchemaNode =>
  node.parse(z.toJSONSchema(configSchema, { io: "output", unrepresentable: "any" }));
