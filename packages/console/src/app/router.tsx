import type { QueryClient } from "@tanstack/react-query";
import {
  createHashHistory,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from "@tanstack/react-router";
import { accountRoutes } from "../account/routes.ts";
import { adminRoutes } from "../admin/routes.ts";
import { Loading } from "../ui/page.tsx";
import { rootRoute, signedInRoute } from "./base-routes.ts";
import { loadPart } from "./load-part.ts";
import { NotFound } from "./not-found.tsx";
import { RouteFailure } from "./route-failure.tsx";

const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/sign-in",
  /** `ended`: why one is here again. */
  validateSearch: (search): { ended?: "expired" | "elsewhere" } =>
    search.ended === "expired" || search.ended === "elsewhere" ? { ended: search.ended } : {},
  component: lazyRouteComponent(() => loadPart(() => import("../sign-in/sign-in-page.tsx")), "SignInPage"),
});

const workspacesRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/",
  component: lazyRouteComponent(
    () => loadPart(() => import("../workspaces/workspaces-page.tsx")),
    "WorkspacesPage",
  ),
});

const createWorkspaceRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/new",
  component: lazyRouteComponent(() => loadPart(() => import("../workspaces/create-page.tsx")), "CreatePage"),
});

const workspaceRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/workspaces/$name",
  component: lazyRouteComponent(
    () => loadPart(() => import("../workspace/workspace-page.tsx")),
    "WorkspacePage",
  ),
});

const workspaceIndexRoute = createRoute({
  getParentRoute: () => workspaceRoute,
  path: "/",
  beforeLoad: ({ params }) => {
    throw redirect({ to: "/workspaces/$name/terminal", params, replace: true });
  },
});

/** Terminals belong to the page of the workspace: they live on while another of its tabs is looked at. */
const terminalRoute = createRoute({
  getParentRoute: () => workspaceRoute,
  path: "/terminal",
  component: () => null,
});

const appsRoute = createRoute({
  getParentRoute: () => workspaceRoute,
  path: "/apps",
  component: lazyRouteComponent(() => loadPart(() => import("../apps/apps-page.tsx")), "AppsPage"),
});

const sessionsRoute = createRoute({
  getParentRoute: () => workspaceRoute,
  path: "/sessions",
  component: lazyRouteComponent(
    () => loadPart(() => import("../sessions/sessions-page.tsx")),
    "SessionsPage",
  ),
});

const replayRoute = createRoute({
  getParentRoute: () => workspaceRoute,
  path: "/sessions/$session",
  component: lazyRouteComponent(() => loadPart(() => import("../sessions/replay-page.tsx")), "ReplayPage"),
});

const detailsRoute = createRoute({
  getParentRoute: () => workspaceRoute,
  path: "/details",
  component: lazyRouteComponent(() => loadPart(() => import("../details/details-page.tsx")), "DetailsPage"),
});

const blueprintRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/blueprint",
  /** `template`: what to begin with. */
  validateSearch: ({ template }): { template?: string } => (typeof template === "string" ? { template } : {}),
  component: lazyRouteComponent(
    () => loadPart(() => import("../blueprint/blueprint-page.tsx")),
    "BlueprintPage",
  ),
});

const routeTree = rootRoute.addChildren([
  signInRoute,
  signedInRoute.addChildren([
    workspacesRoute,
    createWorkspaceRoute,
    workspaceRoute.addChildren([
      workspaceIndexRoute,
      terminalRoute,
      appsRoute,
      sessionsRoute,
      replayRoute,
      detailsRoute,
    ]),
    blueprintRoute,
    accountRoutes,
    adminRoutes,
  ]),
]);

/** The pages of the Console. Places are kept behind the `#`: they need no rules on a server or a proxy. */
export const createConsoleRouter = (queryClient: QueryClient) =>
  createRouter({
    routeTree,
    context: { queryClient },
    history: createHashHistory(),
    defaultPreload: "intent",
    defaultPendingComponent: Loading,
    defaultNotFoundComponent: NotFound,
    defaultErrorComponent: RouteFailure,
    scrollRestoration: true,
  });

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createConsoleRouter>;
  }
}
