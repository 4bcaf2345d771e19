import { ZodArray, ZodObject, z } from "zod";
import type { RouteSpec } from "./route.ts";

/** Most items of a page. */
export const maxPageSize = 1_000;

/** Query parameters that every list understands beside its own. */
export const pageQuery = z.object({
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(maxPageSize)
    .optional()
    .describe(
      "At most so many items; the header `Link` (RFC 8288) leads to the next and the previous ones. Left out: all.",
    ),
  cursor: z
    .string()
    .max(256)
    .optional()
    .describe("Where a page begins: only as a `Link` of an earlier answer has it."),
});

/** Is this a GET that answers with a list? Its answer comes in pages when `limit` asks for it. */
export const isList = ({ method, responses }: RouteSpec): boolean =>
  method === "GET" && responses[200] instanceof ZodArray;

/** The query of a route, with what every list understands. */
export const queryOf = (spec: RouteSpec): RouteSpec["query"] => {
  if (!isList(spec)) return spec.query;
  return spec.query instanceof ZodObject ? spec.query.extend(pageQuery.shape) : pageQuery;
};
