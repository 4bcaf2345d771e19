import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { UploadsProvider } from "../files/uploads.tsx";
import { I18nProvider } from "../i18n/i18n.tsx";
import { ReauthenticationDialog } from "../session/reauthentication-dialog.tsx";
import { useSession } from "../session/use-session.ts";
import { rememberPlace } from "../sign-in/return-place.ts";
import { ToastProvider } from "../ui/toast.tsx";
import { startLiveUpdates } from "./live-updates.ts";
import { createQueryClient } from "./queries.ts";
import { createConsoleRouter } from "./router.tsx";
import { bareClient, reachability, session } from "./server.ts";
import { startTheme } from "./theme.ts";

startTheme();

const create = () => {
  const queryClient = createQueryClient();
  startLiveUpdates({
    queryClient,
    events: bareClient.events(),
    refused: session.refused,
    onLost: reachability.suspect,
  });
  reachability.subscribe(() => {
    if (reachability.reachable()) void queryClient.invalidateQueries();
  });
  return { queryClient, router: createConsoleRouter(queryClient) };
};

export const App = () => {
  const [{ queryClient, router }] = useState(create);
  const { kind } = useSession();
  useEffect(() => {
    if (kind !== "left") return;
    // What is on the page is not for whoever comes next.
    rememberPlace(router.state.location.href);
    queryClient.clear();
    void router.navigate({ to: "/sign-in", search: { ended: "elsewhere" } });
  }, [kind, queryClient, router]);
  return (
    <I18nProvider>
      <QueryClientProvider client={queryClient}>
        <ToastProvider>
          <UploadsProvider>
            <RouterProvider router={router} />
          </UploadsProvider>
          <ReauthenticationDialog
            onLeave={() => {
              rememberPlace(router.state.location.href);
              queryClient.clear();
              void router.navigate({ to: "/sign-in", search: { ended: "expired" } });
            }}
          />
        </ToastProvider>
      </QueryClientProvider>
    </I18nProvider>
  );
};
