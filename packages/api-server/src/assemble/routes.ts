import type { BoundRoute } from "../http/handler.ts";
import type { RouteContext } from "./gateway.ts";

/** Every route of the platform's features. */
export const platformRoutes = (_context: RouteContext): readonly BoundRoute[] => [];
