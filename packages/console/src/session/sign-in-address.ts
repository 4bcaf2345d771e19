import { elsewhere, pageAddress, serverAddress } from "../app/server.ts";

export const localProvider = "idp.k8shell.io/local";

/** The word for a provider that people know: the last part of its name. */
export const providerName = (provider: string): string => provider.replace(/^idp\.k8shell\.io\//, "");

/**
 * Where the browser goes to sign in with a provider, and comes back from (rest-contract 4.1).
 * @param query of the page that it comes back to
 */
export const signInAddress = (provider: string, query = ""): string => {
  // Apart from the API the Console has a page of its own to come back to.
  const callback = new URL(elsewhere ? `${pageAddress}/auth/callback/` : `${serverAddress}/auth/callback`);
  callback.search = new URLSearchParams({
    provider,
    redirect: new URL(`${elsewhere ? pageAddress : serverAddress}/`).pathname + query,
  }).toString();
  const login = new URL(`${serverAddress}/api/v1/auth/login`);
  login.search = new URLSearchParams({ provider, redirect_uri: callback.href }).toString();
  return login.href;
};
