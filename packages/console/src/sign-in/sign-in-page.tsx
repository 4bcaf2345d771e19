import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useEffect } from "react";
import { k8shell, serverAddress } from "../app/server.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { buttonClass } from "../ui/button.tsx";
import { Failure, Loading } from "../ui/page.tsx";

const localProvider = "idp.k8shell.io/local";

/** Where the browser goes to sign in with a provider, and comes back from (rest-contract 4.1). */
const signInAddress = (provider: string): string => {
  const callback = new URL(`${serverAddress}/auth/callback`);
  callback.search = new URLSearchParams({
    provider,
    redirect: new URL(`${serverAddress}/`).pathname,
  }).toString();
  const login = new URL(`${serverAddress}/api/v1/auth/login`);
  login.search = new URLSearchParams({ provider, redirect_uri: callback.href }).toString();
  return login.href;
};

const route = getRouteApi("/sign-in");

export const SignInPage = () => {
  const { t } = useI18n();
  const { expired } = route.useSearch();
  const { data, error, refetch } = useQuery({
    queryKey: ["providers"],
    queryFn: ({ signal }) => k8shell.api.listProviders({}, { signal }),
  });
  useEffect(() => {
    document.title = `${t("signIn.title")} · k8shell`;
  }, [t]);
  const providers = data?.filter(({ capabilities }) => capabilities.includes("OnboardUserWebFlow"));
  return (
    <main className="mx-auto grid max-w-sm gap-4 px-4 pt-[12vh] text-center">
      <img src={`${serverAddress}/icon.svg`} alt="" width="48" height="48" className="mx-auto" />
      <h1 className="text-2xl font-semibold">{t("signIn.title")}</h1>
      {expired ? (
        <p role="status" className="rounded-lg bg-warn-soft p-3 text-sm text-warn">
          {t("signIn.expired")}
        </p>
      ) : null}
      {error ? <Failure error={error} onRetry={() => void refetch()} /> : null}
      {!providers && !error ? <Loading /> : null}
      {providers?.length === 0 ? <p>{t("signIn.none")}</p> : null}
      {providers?.map(({ name }) => (
        <a key={name} href={signInAddress(name)} className={buttonClass("primary")}>
          {name === localProvider
            ? t("signIn.local")
            : t("signIn.with", { provider: name.replace(/^idp\.k8shell\.io\//, "") })}
        </a>
      ))}
      <p className="text-sm text-quiet">{t("signIn.hint")}</p>
    </main>
  );
};
