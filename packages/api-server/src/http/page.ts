import { hash } from "node:crypto";
import { pageQuery } from "@k8shell/contract";
import { z } from "zod";
import { ApiError } from "./api-error.ts";
import { validate } from "./validate.ts";

type Fields = Readonly<Record<string, unknown>>;

/** A page of a list, and the headers that lead to the others. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** Header names and values in turn. */
  readonly headers: readonly string[];
}

/** What tells items of a list apart; of each item those that it has. */
const identifying = [
  ...["id", "sessionID", "session_id", "fullName", "name", "login", "key", "action"],
  ...["username", "org", "namespace", "kind", "port", "serviceName", "serviceScope"],
];

/** The same for the same item in a later answer. */
const markOf = (item: unknown): string => {
  const fields: unknown =
    typeof item === "object" && item !== null ? identifying.map((name) => Reflect.get(item, name)) : item;
  return hash("sha1", JSON.stringify(fields), "base64url").slice(0, 16);
};

/** `after` or `before` an item: its place when the cursor was made, and its mark, should it have moved. */
const cursorShape = z.tuple([z.enum(["after", "before"]), z.int().min(0), z.string().length(16)]);
type Cursor = z.output<typeof cursorShape>;

const writeCursor = (cursor: Cursor): string => Buffer.from(JSON.stringify(cursor)).toString("base64url");

const readCursor = (text: string): Cursor => {
  try {
    return cursorShape.parse(JSON.parse(Buffer.from(text, "base64url").toString("utf8")));
  } catch (cause) {
    throw new ApiError("invalid_parameter", 'Query parameter "cursor" is not one of a Link header.', {
      cause,
    });
  }
};

/** Where a page begins and ends: by the item of the cursor, else, when that is gone, by its place. */
const boundsOf = (items: readonly unknown[], cursor: Cursor | undefined, limit: number): [number, number] => {
  if (!cursor) return [0, limit];
  const [side, place, mark] = cursor;
  const isThere = place < items.length && markOf(items[place]) === mark;
  const found = isThere ? place : items.findIndex((item) => markOf(item) === mark);
  const at = Math.min(found < 0 ? place : found, items.length);
  if (side === "before") return [Math.max(0, at - limit), at];
  const begin = found < 0 ? at : at + 1;
  return [begin, begin + limit];
};

/** References relative to the request (RFC 3986 section 5.2.2), so that they hold behind any path prefix. */
const linkTo = (query: Fields, rel: string, cursor?: Cursor): string => {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (name === "cursor") continue;
    for (const one of [value].flat()) search.append(name, String(one));
  }
  if (cursor) search.set("cursor", writeCursor(cursor));
  return `<?${search}>; rel="${rel}"`;
};

/**
 * The page that a request for a list asks for; undefined when it asks for all.
 * @param query as the client sent it
 * @throws ApiError invalid_parameter
 */
export const pageOf = <Item>(items: readonly Item[], query: Fields): Page<Item> | undefined => {
  if (query.limit === undefined && query.cursor === undefined) return undefined;
  const { limit, cursor } = pageQuery.parse(validate(pageQuery, query, "query"));
  if (limit === undefined) throw new ApiError("invalid_parameter", 'Query parameter "cursor" needs "limit".');
  const from = cursor === undefined ? undefined : readCursor(cursor);
  const [begin, end] = boundsOf(items, from, limit);
  const page = items.slice(begin, end);
  const links = [linkTo(query, "first")];
  if (begin > 0) links.push(linkTo(query, "prev", ["before", begin, markOf(items[begin])]));
  const last = begin + page.length - 1;
  if (begin + page.length < items.length && last >= 0) {
    links.push(linkTo(query, "next", ["after", last, markOf(items[last])]));
  }
  return { items: page, headers: ["link", links.join(", ")] };
};
