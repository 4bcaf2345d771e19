import { createRoute, lazyRouteComponent, redirect } from "@tanstack/react-router";
import { signedInRoute } from "../app/base-routes.ts";
import { loadPart } from "../app/load-part.ts";
import { AccountLayout } from "./account-layout.tsx";

const accountRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/account",
  component: AccountLayout,
});

const indexRoute = createRoute({
  getParentRoute: () => accountRoute,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/account/profile", replace: true });
  },
});

/** What belongs to the person who is signed in. */
export const accountRoutes = accountRoute.addChildren([
  indexRoute,
  createRoute({
    getParentRoute: () => accountRoute,
    path: "/profile",
    component: lazyRouteComponent(() => loadPart(() => import("./profile-page.tsx")), "ProfilePage"),
  }),
  createRoute({
    getParentRoute: () => accountRoute,
    path: "/appearance",
    component: lazyRouteComponent(() => loadPart(() => import("./appearance-page.tsx")), "AppearancePage"),
  }),
  createRoute({
    getParentRoute: () => accountRoute,
    path: "/password",
    component: lazyRouteComponent(() => loadPart(() => import("./password-page.tsx")), "PasswordPage"),
  }),
  createRoute({
    getParentRoute: () => accountRoute,
    path: "/tokens",
    component: lazyRouteComponent(() => loadPart(() => import("./tokens/tokens-page.tsx")), "TokensPage"),
  }),
  createRoute({
    getParentRoute: () => accountRoute,
    path: "/tokens/new",
    component: lazyRouteComponent(
      () => loadPart(() => import("./tokens/new-token-page.tsx")),
      "NewTokenPage",
    ),
  }),
  createRoute({
    getParentRoute: () => accountRoute,
    path: "/tokens/$id",
    component: lazyRouteComponent(
      () => loadPart(() => import("./tokens/edit-token-page.tsx")),
      "EditTokenPage",
    ),
  }),
  createRoute({
    getParentRoute: () => accountRoute,
    path: "/keys",
    component: lazyRouteComponent(() => loadPart(() => import("./keys-page.tsx")), "KeysPage"),
  }),
  createRoute({
    getParentRoute: () => accountRoute,
    path: "/credentials",
    component: lazyRouteComponent(() => loadPart(() => import("./credentials-page.tsx")), "CredentialsPage"),
  }),
  createRoute({
    getParentRoute: () => accountRoute,
    path: "/variables",
    component: lazyRouteComponent(() => loadPart(() => import("./variables-page.tsx")), "VariablesPage"),
  }),
  createRoute({
    getParentRoute: () => accountRoute,
    path: "/connections",
    component: lazyRouteComponent(() => loadPart(() => import("./connections-page.tsx")), "ConnectionsPage"),
  }),
]);
