import { createRoute, lazyRouteComponent, redirect } from "@tanstack/react-router";
import { signedInRoute } from "../app/base-routes.ts";
import { loadPart } from "../app/load-part.ts";
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
    component: lazyRouteComponent(() => loadPart(() => import("./users/users-page.tsx")), "UsersPage"),
  }),
  createRoute({
    getParentRoute: () => adminRoute,
    path: "/users/$username",
    component: lazyRouteComponent(() => loadPart(() => import("./users/user-page.tsx")), "UserPage"),
  }),
  createRoute({
    getParentRoute: () => adminRoute,
    path: "/organizations",
    component: lazyRouteComponent(
      () => loadPart(() => import("./organizations-page.tsx")),
      "OrganizationsPage",
    ),
  }),
  createRoute({
    getParentRoute: () => adminRoute,
    path: "/organizations/$org",
    component: lazyRouteComponent(
      () => loadPart(() => import("./organization-page.tsx")),
      "OrganizationPage",
    ),
  }),
  createRoute({
    getParentRoute: () => adminRoute,
    path: "/roles",
    component: lazyRouteComponent(() => loadPart(() => import("./roles-page.tsx")), "RolesPage"),
  }),
  createRoute({
    getParentRoute: () => adminRoute,
    path: "/onboarding",
    component: lazyRouteComponent(() => loadPart(() => import("./onboarding-page.tsx")), "OnboardingPage"),
  }),
  createRoute({
    getParentRoute: () => adminRoute,
    path: "/blueprints",
    component: lazyRouteComponent(() => loadPart(() => import("./blueprints-page.tsx")), "BlueprintsPage"),
  }),
  createRoute({
    getParentRoute: () => adminRoute,
    path: "/audit",
    component: lazyRouteComponent(() => loadPart(() => import("./audit-page.tsx")), "AuditPage"),
  }),
  createRoute({
    getParentRoute: () => adminRoute,
    path: "/connections",
    component: lazyRouteComponent(() => loadPart(() => import("./connections-page.tsx")), "ConnectionsPage"),
  }),
]);
