import { createClient } from "@k8shell/sdk";
import { createReauthentication, holding } from "../session/reauthentication.ts";

/** Where this page is, below whatever path a proxy puts before it. No trailing slash. */
export const pageAddress = new URL(".", document.baseURI).href.replace(/\/$/, "");

const configured = document
  .querySelector<HTMLMetaElement>('meta[name="k8shell-server"]')
  ?.content.trim()
  .replace(/\/+$/, "");

/** Where the API is: beside this page, unless `index.html` names another place (docs/console.md). No trailing slash. */
export const serverAddress = configured ? new URL(configured, document.baseURI).href : pageAddress;

const elsewhere = new URL(serverAddress).origin !== location.origin;

/** The API as it is, for what must not wait until somebody has signed in again. */
export const bareClient = createClient({
  server: serverAddress,
  // The session cookie goes to another origin only when that is said.
  ...(elsewhere ? { fetch: (input, init) => fetch(input, { ...init, credentials: "include" }) } : {}),
});

/** Who is signed in in this tab, and what waits until they are again. */
export const session = createReauthentication(() => bareClient.api.getMyProfile());

/** The API, called with the browser's session cookie. Calls wait while the session has ended under a page in use. */
export const k8shell = { ...bareClient, api: holding(bareClient.api, session) };
