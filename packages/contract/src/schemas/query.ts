import { z } from "zod";
import { opt, optWord } from "./common.ts";

const operator = z.enum(["eq", "ne", "in", "gt", "gte", "lt", "lte", "exists"]);
const direction = z.enum(["asc", "desc"]);
const field = z.string().min(1).max(128);
const sort = z.object({ field, dir: direction });

/** rest-contract 2.14. */
export const queryDescriptor = z
  .object({
    resource: z.string(),
    fields: z.array(
      z.object({
        name: z.string(),
        type: z.enum(["string", "number", "boolean", "datetime"]),
        operators: z.array(operator),
      }),
    ),
    defaultSort: z.array(sort).optional(),
  })
  .meta({ id: "QueryDescriptor", description: "The fields that a list can be queried by." });

/** Pages are 32-bit numbers on the wire. */
const pageNumber = z.int().min(0).max(0x7fff_ffff);

const value = z.union([z.string().max(1024), z.array(z.string().max(1024)).max(100)], {
  error: "must be a string, or a list of at most 100 strings, of at most 1024 characters each",
});

export const queryPayload = z
  .object({
    filters: opt(
      z.object({
        op: optWord(["and", "or"]).describe("Default `and`."),
        conditions: opt(z.array(z.object({ field, op: operator, value: opt(value) })).max(50)),
      }),
    ),
    sort: opt(z.array(z.object({ field, dir: optWord(["asc", "desc"]).describe("Default `asc`.") })).max(10)),
    page: opt(z.object({ limit: opt(pageNumber), offset: opt(pageNumber) })),
  })
  .meta({ id: "QueryPayload", description: "Filters, order and page of a list. Values are always strings." });

export type QueryDescriptorJson = z.output<typeof queryDescriptor>;
export type QueryPayloadJson = z.output<typeof queryPayload>;
