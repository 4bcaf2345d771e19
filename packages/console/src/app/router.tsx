import type { QueryClient } from "@tanstack/react-query";
import {
  createHashHistory,
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import { rememberPlace, takePlace } from "../sign-in/return-place.ts";
import { Loading } from "../ui/page.tsx";
import { Layout } from "./layout.tsx";
import { NotFound } from "./not-found.tsx";
import { isSignedOut, profileQuery } from "./queries.ts";
import { RouteFailure } from "./route-failure.tsx";

interface RouterContext {
  readonly queryClient: QueryClient;
}

export const rootRoute = createRootRouteWithContext<RouterContext>()({ component: Outlet });

const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/sign-in",
  validateSearch: (search): { expired?: boolean } => (search.expired === true ? { expired: true } : {}),
  component: lazyRouteComponent(() => import("../sign-in/sign-in-page.tsx"), "SignInPage"),
});

/** Everything that needs somebody signed in, inside the frame with the menu. */
export const signedInRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: "signed-in",
  async beforeLoad({ context, location }) {
    try {
      await context.queryClient.ensureQueryData(profileQuery);
    } catch (error) {
      if (!isSignedOut(error)) throw error;
      rememberPlace(location.href);
      throw redirect({ to: "/sign-in" });
    }
    // Signing in leads through another site, which does not know the place within this page.
    const place = takePlace();
    if (place !== undefined && place !== location.href) throw redirect({ href: place });
  },
  component: Layout,
});

const workspacesRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/",
  component: lazyRouteComponent(() => import("../workspaces/workspaces-page.tsx"), "WorkspacesPage"),
});

const createWorkspaceRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/new",
  component: lazyRouteComponent(() => import("../workspaces/create-page.tsx"), "CreatePage"),
});

const workspaceRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/workspaces/$name",
  component: lazyRouteComponent(() => import("../terminal/terminal-page.tsx"), "TerminalPage"),
});

const routeTree = rootRoute.addChildren([
  signInRoute,
  signedInRoute.addChildren([workspacesRoute, createWorkspaceRoute, workspaceRoute]),
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
