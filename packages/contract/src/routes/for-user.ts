import { type ZodObject, type ZodRawShape, z } from "zod";
import type { RouteSpec } from "../route.ts";
import { username } from "../schemas/index.ts";

type UserPath = "" | `/${string}`;
type UserShape = { username: typeof username };

/** What one description below a user says; path, operation id and the user's own parameter are added. */
type Description = Omit<RouteSpec, "path" | "operationId" | "params" | "root"> & {
  readonly params?: ZodObject;
};

type ShapeOf<D extends Description> = D extends { readonly params: ZodObject<infer S extends ZodRawShape> }
  ? S
  : Record<never, never>;

type UserSpec<V extends string, N extends string, P extends UserPath, D extends Description> = Omit<
  D,
  "params"
> & {
  readonly path: `/users/:username${P}`;
  readonly operationId: `${V}User${N}`;
  readonly params: ZodObject<UserShape & ShapeOf<D>>;
};

type MeSpec<V extends string, N extends string, P extends UserPath, D extends Description> = D & {
  readonly path: `/me${P}`;
  readonly operationId: `${V}My${N}`;
};

/** The two routes of one description, by operation id. */
export type UserRoutes<V extends string, N extends string, P extends UserPath, D extends Description> = {
  readonly [K in `${V}User${N}`]: UserSpec<V, N, P, D>;
} & { readonly [K in `${V}My${N}`]: MeSpec<V, N, P, D> };

/**
 * Declares a route below a user twice: `/users/:username…` and, for the caller, `/me…`.
 * @param verb and
 * @param noun make the operation ids: `get` and `Profile` give `getUserProfile` and `getMyProfile`
 * @param path below the user, e.g. `/profile`
 */
export const forUser = <
  const V extends string,
  const N extends string,
  const P extends UserPath,
  const D extends Description,
>(
  verb: V,
  noun: N,
  path: P,
  description: D,
): UserRoutes<V, N, P, D> => {
  const own = { username };
  const user = {
    ...description,
    path: `/users/:username${path}`,
    operationId: `${verb}User${noun}`,
    params: description.params ? description.params.extend(own) : z.object(own),
  };
  const me = {
    ...description,
    path: `/me${path}`,
    operationId: `${verb}My${noun}`,
    summary: `${description.summary} (the caller's own)`,
  };
  return { [user.operationId]: user, [me.operationId]: me } as UserRoutes<V, N, P, D>;
};
