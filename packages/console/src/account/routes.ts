import { createRoute, lazyRouteComponent, redirect } from "@tanstack/react-router";
import { signedInRoute } from "../app/base-routes.ts";
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
    component: lazyRouteComponent(() => import("./profile-page.tsx"), "ProfilePage"),
  }),
  createRoute({
    getParentRoute: () => accountRoute,
    path: "/appearance",
    component: lazyRouteComponent(() => import("./appearance-page.tsx"), "AppearancePage"),
  }),
  createRoute({
    getParentRoute: () => accountRoute,
    path: "/password",
    component: lazyRouteComponent(() => import("./password-page.tsx"), "PasswordPage"),
  }),
  createRoute({
    getParentRoute: () => accountRoute,
    path: "/tokens",
    component: lazyRouteComponent(() => import("./tokens/tokens-page.tsx"), "TokensPage"),
  }),
  createRoute({
    getParentRoute: () => accountRoute,
    path: "/tokens/new",
    component: lazyRouteComponent(() => import("./tokens/new-token-page.tsx"), "NewTokenPage"),
  }),
  createRoute({
    getParentRoute: () => accountRoute,
    path: "/tokens/$id",
    component: lazyRouteComponent(() => import("./tokens/edit-token-page.tsx"), "EditTokenPage"),
  }),
  createRoute({
    getParentRoute: () => accountRoute,
    path: "/keys",
    component: lazyRouteComponent(() => import("./keys-page.tsx"), "KeysPage"),
  }),
  createRoute({
    getParentRoute: () => accountRoute,
    path: "/credentials",
    component: lazyRouteComponent(() => import("./credentials-page.tsx"), "CredentialsPage"),
  }),
  createRoute({
    getParentRoute: () => accountRoute,
    path: "/variables",
    component: lazyRouteComponent(() => import("./variables-page.tsx"), "VariablesPage"),
  }),
  createRoute({
    getParentRoute: () => accountRoute,
    path: "/connections",
    component: lazyRouteComponent(() => import("./connections-page.tsx"), "ConnectionsPage"),
  }),
]);
