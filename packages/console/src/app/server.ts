import { createClient } from "@k8shell/sdk";
import { createReauthentication, hold, holding } from "../session/reauthentication.ts";
import { configuredServer } from "./configured-server.ts";
import { createReachability } from "./reachability.ts";

/** Where this page is, below whatever path a proxy puts before it. No trailing slash. */
export const pageAddress = new URL(".", document.baseURI).href.replace(/\/$/, "");

/** Where the API is: beside this page, unless `index.html` names another place (docs/console.md). No trailing slash. */
export const serverAddress = configuredServer(document.baseURI) ?? pageAddress;

/** Is the API of another origin than this page? */
export const elsewhere = new URL(serverAddress).origin !== location.origin;

/** Whether the API answers. */
export const reachability = createReachability(
  // The session cookie goes to another origin only when that is said.
  (input, init) => fetch(input, elsewhere ? { ...init, credentials: "include" } : init),
  () =>
    fetch(`${serverAddress}/api/v1/auth/providers`, {
      cache: "no-store",
      signal: AbortSignal.timeout(8_000),
    }),
);

/** The API as it is, for what must not wait until somebody has signed in again. */
export const bareClient = createClient({ server: serverAddress, fetch: reachability.fetch });

/** Who is signed in in this tab, and what waits until they are again. */
export const session = createReauthentication(() => bareClient.api.getMyProfile());

/** The API, called with the browser's session cookie. Calls wait while the session has ended under a page in use. */
export const k8shell = {
  ...bareClient,
  api: holding(bareClient.api, session),
  blueprints: { compose: hold(bareClient.blueprints.compose, session) },
  createWorkspace: hold(bareClient.createWorkspace, session),
};
