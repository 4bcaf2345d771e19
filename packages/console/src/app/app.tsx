import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { useState } from "react";
import { I18nProvider } from "../i18n/i18n.tsx";
import { rememberPlace } from "../sign-in/return-place.ts";
import { ToastProvider } from "../ui/toast.tsx";
import { createQueryClient, profileQuery } from "./queries.ts";
import { createConsoleRouter } from "./router.tsx";
import { startTheme } from "./theme.ts";

startTheme();

const create = () => {
  const queryClient = createQueryClient(() => {
    // Nobody was signed in before: the way to the page leads to signing in by itself.
    if (queryClient.getQueryData(profileQuery.queryKey) === undefined) return;
    rememberPlace(router.state.location.href);
    queryClient.clear();
    void router.navigate({ to: "/sign-in", search: { expired: true } });
  });
  const router = createConsoleRouter(queryClient);
  return { queryClient, router };
};

export const App = () => {
  const [{ queryClient, router }] = useState(create);
  return (
    <I18nProvider>
      <QueryClientProvider client={queryClient}>
        <ToastProvider>
          <RouterProvider router={router} />
        </ToastProvider>
      </QueryClientProvider>
    </I18nProvider>
  );
};
