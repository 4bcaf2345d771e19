import { createRoute, lazyRouteComponent, redirect } from "@tanstack/react-router";
import { signedInRoute } from "../app/base-routes.ts";
import { AdminLayout } from "./admin-layout.tsx";

const adminRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/admin",
  component: AdminLayout,
});

const indexRoute = createRoute({
  getParentRoute: () => adminRoute,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/admin/users", replace: true });
  },
});

/** What only administrators see. */
export const adminRoutes = adminRoute.addChildren([
  indexRoute,
  createRoute({
    getParentRoute: () => adminRoute,
    path: "/users",
    component: lazyRouteComponent(() => import("./users/users-page.tsx"), "UsersPage"),
  }),
  createRoute({
    getParentRoute: () => adminRoute,
    path: "/users/$username",
    component: lazyRouteComponent(() => import("./users/user-page.tsx"), "UserPage"),
  }),
  createRoute({
    getParentRoute: () => adminRoute,
    path: "/organizations",
    component: lazyRouteComponent(() => import("./organizations-page.tsx"), "OrganizationsPage"),
  }),
  createRoute({
    getParentRoute: () => adminRoute,
    path: "/organizations/$org",
    component: lazyRouteComponent(() => import("./organization-page.tsx"), "OrganizationPage"),
  }),
  createRoute({
    getParentRoute: () => adminRoute,
    path: "/roles",
    component: lazyRouteComponent(() => import("./roles-page.tsx"), "RolesPage"),
  }),
  createRoute({
    getParentRoute: () => adminRoute,
    path: "/onboarding",
    component: lazyRouteComponent(() => import("./onboarding-page.tsx"), "OnboardingPage"),
  }),
  createRoute({
    getParentRoute: () => adminRoute,
    path: "/blueprints",
    component: lazyRouteComponent(() => import("./blueprints-page.tsx"), "BlueprintsPage"),
  }),
  createRoute({
    getParentRoute: () => adminRoute,
    path: "/audit",
    component: lazyRouteComponent(() => import("./audit-page.tsx"), "AuditPage"),
  }),
  createRoute({
    getParentRoute: () => adminRoute,
    path: "/connections",
    component: lazyRouteComponent(() => import("./connections-page.tsx"), "ConnectionsPage"),
  }),
]);
