import type { IncomingMessage } from "node:http";
import type { RouteSpec } from "@k8shell/contract";
import type { Principal } from "../auth/principal.ts";
import type { SubscriptionSide } from "../http/handler.ts";

/** What a followed request needs of the socket that follows it. */
export interface Asking {
  readonly principal: Principal;
  readonly requestId: string;
  /** The HTTP request that opened the socket. */
  readonly opening: IncomingMessage;
  readonly params: Readonly<Record<string, string>>;
  readonly search: Readonly<Record<string, string | readonly string[]>>;
  readonly signal: AbortSignal;
}

/** A GET of the route table that can be followed. */
export interface FollowedRoute {
  readonly spec: RouteSpec;
  /** The JSON that the request would be answered with. @throws ApiError what it would be refused with */
  ask(asking: Asking): Promise<string>;
  /** Runs the request as a stream; resolves when it has ended. @throws ApiError */
  stream(
    asking: Asking & { readonly lastEventId: string | undefined; readonly side: SubscriptionSide },
  ): Promise<void>;
}

export interface FoundQuery {
  readonly route: FollowedRoute;
  readonly params: Readonly<Record<string, string>>;
  readonly search: Readonly<Record<string, string | readonly string[]>>;
  /** The same for paths that ask the same. */
  readonly key: string;
}

/** Routes that can be followed, by path. */
export interface QueryTable {
  add(route: FollowedRoute): void;
  /** @param path path and query below `/api/v1`, with or without that prefix; undefined when nothing is there */
  find(path: string): FoundQuery | undefined;
}

const prefix = /^\/api\/v1(?=\/)/;

const searchOf = (params: URLSearchParams): Record<string, string | string[]> => {
  const found = new Map<string, string | string[]>();
  for (const [name, value] of params) {
    const before = found.get(name);
    found.set(name, before === undefined ? value : [before, value].flat());
  }
  return Object.fromEntries(found);
};

const decode = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
};

/** The path's parameters by the pattern's names; undefined when it is another path. */
const matchPath = (pattern: readonly string[], path: readonly string[]) => {
  if (pattern.length !== path.length) return undefined;
  const params: [string, string][] = [];
  for (const [index, part] of pattern.entries()) {
    const text = path[index] ?? "";
    if (!part.startsWith(":")) {
      if (part !== text) return undefined;
      continue;
    }
    const value = decode(text);
    if (value === undefined || value === "") return undefined;
    params.push([part.slice(1), value]);
  }
  return Object.fromEntries(params);
};

export const createQueryTable = (): QueryTable => {
  const rows: { pattern: readonly string[]; route: FollowedRoute }[] = [];
  return {
    add(route) {
      rows.push({ pattern: route.spec.path.split("/"), route });
    },
    find(given) {
      const [pathname = "", ...query] = given.replace(prefix, "").split("?");
      const path = pathname.replace(/\/$/, "").split("/");
      const search = new URLSearchParams(query.join("?"));
      for (const { pattern, route } of rows) {
        const params = matchPath(pattern, path);
        if (!params) continue;
        search.sort();
        return { route, params, search: searchOf(search), key: `${path.join("/")}?${search}` };
      }
      return undefined;
    },
  };
};
