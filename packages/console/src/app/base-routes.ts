import type { QueryClient } from "@tanstack/react-query";
import { createRootRouteWithContext, createRoute, redirect } from "@tanstack/react-router";
import { isSignedOut } from "../session/reauthentication.ts";
import { rememberPlace, takePlace } from "../sign-in/return-place.ts";
import { Layout } from "./layout.tsx";
import { profileQuery } from "./queries.ts";
import { Root } from "./root.tsx";

interface RouterContext {
  readonly queryClient: QueryClient;
}

export const rootRoute = createRootRouteWithContext<RouterContext>()({ component: Root });

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
