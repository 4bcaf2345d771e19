import { K8shellError } from "./error.ts";
import { pathOf } from "./events/path-of.ts";
import type { Operations } from "./gen/operations.ts";
import type { RequestOptions, Transport } from "./transport.ts";

/** Operations that answer with a list which comes in pages. */
export type ListOperation = {
  [K in keyof Operations]: Operations[K]["input"] extends { cursor?: string }
    ? Operations[K]["output"] extends readonly unknown[]
      ? K
      : never
    : never;
}[keyof Operations];

/** What is in the list of an operation. */
export type ItemOf<K extends ListOperation> = Operations[K]["output"][number];

export interface ItemsOptions extends RequestOptions {
  /** Items of a page, 1 to 1000 (default 100). */
  readonly pageSize?: number;
}

type Input<K extends ListOperation> = Omit<Operations[K]["input"], "limit" | "cursor">;

/**
 * Iterates over a list; the next page is fetched when the last one has been taken.
 *
 *     for await (const { name } of client.items("listUsers")) console.log(name);
 * @throws K8shellError
 */
export type Items = <K extends ListOperation>(
  operation: K,
  input?: Input<K>,
  options?: ItemsOptions,
) => AsyncGenerator<ItemOf<K>, void, void>;

const nextLink = /<([^>]*)>\s*;\s*rel="next"/;

export const createItems = (transport: Transport): Items =>
  async function* (operation, input, { pageSize = 100, ...options } = {}) {
    const query = { ...input, limit: pageSize };
    // The types of all operations' inputs together are too much for the compiler.
    const first = (pathOf as (operation: string, input: object) => string)(operation, query);
    for (let path: string | undefined = first; path !== undefined; ) {
      const response: Response = await transport.send({ ...options, method: "GET", path });
      const items: unknown = await response.json().catch(() => undefined);
      if (!Array.isArray(items)) {
        throw new K8shellError("The server's answer is not a list.", {
          status: response.status,
          code: "invalid_response",
        });
      }
      yield* items;
      const [, reference] = nextLink.exec(response.headers.get("link") ?? "") ?? [];
      if (reference === undefined) return;
      // Relative to this page, so that it holds behind a path prefix.
      const next: URL = new URL(reference, new URL(path, "http://relative"));
      path = `${next.pathname}${next.search}`;
    }
  };
