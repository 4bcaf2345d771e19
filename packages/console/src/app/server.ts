import { createClient } from "@k8shell/sdk";

/** Where the API is: beside this page, below whatever path a proxy puts before both. No trailing slash. */
export const serverAddress = new URL(".", document.baseURI).href.replace(/\/$/, "");

/** The API, called with the browser's session cookie. */
export const k8shell = createClient({ server: serverAddress });
