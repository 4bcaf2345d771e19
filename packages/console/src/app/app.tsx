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
  const router = createConsoleRouter(queryClient);
  /** Leads to the sign-in page, which says why and leads back. What is on the page is not for whoever comes next. */
  const leave = (ended: "elsewhere" | "expired") => {
    rememberPlace(router.state.location.href);
    queryClient.clear();
    void router.navigate({ to: "/sign-in", search: { ended } });
  };
  return { queryClient, router, leave };
};

export const App = () => {
  const [{ queryClient, router, leave }] = useState(create);
  const { kind } = useSession();
  useEffect(() => {
    if (kind === "left") leave("elsewhere");
  }, [kind, leave]);
  return (
    <I18nProvider>
      <QueryClientProvider client={queryClient}>
        <ToastProvider>
          <UploadsProvider>
            <RouterProvider router={router} />
          </UploadsProvider>
          <ReauthenticationDialog onLeave={() => leave("expired")} />
        </ToastProvider>
      </QueryClientProvider>
    </I18nProvider>
  );
};
