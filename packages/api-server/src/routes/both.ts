import type { RouteSpec } from "@k8shell/contract";
import { type BoundRoute, bind, type Handler, type RequestContext } from "../http/handler.ts";

/** Binds one handler to a route below a user and to its twin for the caller; `targetUser` tells whom it is about. */
export const bindBoth = <U extends RouteSpec, M extends RouteSpec>(
  user: U,
  me: M,
  handler: Handler<M>,
): BoundRoute[] => [bind(me, handler), { spec: user, handler: handler as Handler<never> }];

/** The user that a route below `/users/:username` or `/me` is about. */
export const targetUser = <R extends RouteSpec>({
  target,
  request,
  principal,
}: RequestContext<R>): string => {
  if (target.username !== undefined) return target.username;
  // Routes that decide for themselves have no resolved target.
  const { params } = request;
  const named: unknown =
    typeof params === "object" && params !== null ? Reflect.get(params, "username") : undefined;
  return typeof named === "string" ? named.trim().toLowerCase() : principal.username;
};
