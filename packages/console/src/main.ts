import { api, type Profile, RequestError } from "./api.ts";
import { element, notify, show, showAccount } from "./dom.ts";
import { showWorkspaces } from "./workspaces-view.ts";

const providerLabel = (name: string): string =>
  name === "idp.k8shell.io/local" ? "Sign in" : `Sign in with ${name.replace(/^idp\.k8shell\.io\//, "")}`;

const showSignIn = async (): Promise<void> => {
  showAccount(element("a", { href: "/docs" }, "API reference"));
  const providers = await api.providers();
  const links = providers
    .filter(({ capabilities }) => capabilities.includes("OnboardUserWebFlow"))
    .map(({ name }) => {
      const callback = new URL("/auth/callback", location.href);
      callback.search = new URLSearchParams({ provider: name, redirect: "/" }).toString();
      const query = new URLSearchParams({ provider: name, redirect_uri: callback.href });
      return element(
        "p",
        {},
        element(
          "a",
          { className: "button primary", href: `/api/v1/auth/login?${query}` },
          providerLabel(name),
        ),
      );
    });
  show(
    { title: "Sign in" },
    element(
      "div",
      { className: "card sign-in" },
      element("h1", {}, "Sign in to k8shell"),
      ...(links.length > 0 ? links : [element("p", {}, "No sign-in provider is configured on this server.")]),
      element(
        "p",
        { className: "quiet" },
        "On your own machine, use the one-time link that the server printed when it started.",
      ),
    ),
  );
};

const showSignedIn = async (profile: Profile): Promise<void> => {
  const signOut = async () => {
    await api.signOut();
    await showSignIn();
  };
  showAccount(
    element("a", { href: "/docs" }, "API reference"),
    element("span", {}, profile.fullname || profile.username),
    element("button", { type: "button", onclick: () => void signOut() }, "Sign out"),
  );
  await showWorkspaces(profile);
};

try {
  await showSignedIn(await api.profile());
} catch (error) {
  if (error instanceof RequestError && error.status === 401) await showSignIn();
  else {
    notify(error instanceof Error ? error.message : String(error));
    show({ title: "Error" }, element("p", {}, "The page could not be loaded. Reload it to try again."));
  }
}
