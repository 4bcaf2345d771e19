import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";
import { pageAddress, session } from "../app/server.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { localProvider, providerName, signInAddress } from "../session/sign-in-address.ts";
import { useSession } from "../session/use-session.ts";
import { buttonClass } from "../ui/button.tsx";
import { Waiting } from "../ui/page.tsx";
import { providersQuery } from "./queries.ts";

const route = getRouteApi("/sign-in");

export const SignInPage = () => {
  const { t } = useI18n();
  const { ended } = route.useSearch();
  const navigate = useNavigate();
  const { data: providers, error, refetch } = useQuery(providersQuery);
  const { kind } = useSession();
  useEffect(() => {
    document.title = `${t("signIn.title")} · k8shell`;
  }, [t]);
  useEffect(() => {
    // Somebody signed in again in another tab: go on where one was.
    if (kind === "active") void navigate({ to: "/" });
    const look = () => void session.recheck().catch(() => {});
    addEventListener("focus", look);
    return () => removeEventListener("focus", look);
  }, [kind, navigate]);
  return (
    <main className="grid min-h-full place-items-center bg-sheet px-4 py-8">
      <div className="grid w-full max-w-sm gap-5 rounded-2xl border border-line bg-paper p-8 text-center shadow-sm">
        <img src={`${pageAddress}/icon.svg`} alt="" width="48" height="48" className="mx-auto" />
        <h1 className="text-2xl font-semibold tracking-tight">{t("signIn.title")}</h1>
        {ended ? (
          <p role="status" className="rounded-lg bg-warn-soft p-3 text-sm text-warn">
            {t(ended === "elsewhere" ? "signIn.elsewhere" : "signIn.expired")}
          </p>
        ) : null}
        <Waiting data={providers} error={error} refetch={refetch} />
        {providers?.length === 0 ? <p>{t("signIn.none")}</p> : null}
        <div className="grid gap-2">
          {providers?.map(({ name }) => (
            <a key={name} href={signInAddress(name)} className={buttonClass("primary", "min-h-11")}>
              {name === localProvider
                ? t("signIn.local")
                : t("signIn.with", { provider: providerName(name) })}
            </a>
          ))}
        </div>
        <p className="text-sm text-quiet">{t("signIn.hint")}</p>
      </div>
    </main>
  );
};
