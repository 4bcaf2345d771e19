import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { profileQuery } from "../app/queries.ts";
import { pageAddress } from "../app/server.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { buttonClass } from "../ui/button.tsx";

/** Is this a tab that was opened only to sign in again for another one? */
export const isSignInTab = (): boolean => new URLSearchParams(location.search).has("signed-in");

/** What that tab shows when it has done so: nothing more is to be done in it. */
export const SignedInPage = () => {
  const { t } = useI18n();
  // Tells the other tabs, as everything does that learns who is signed in.
  const { isSuccess } = useQuery(profileQuery);
  useEffect(() => {
    // Browsers do this only where a script opened the tab.
    if (isSuccess) window.close();
  }, [isSuccess]);
  return (
    <main className="mx-auto grid max-w-sm gap-4 px-4 pt-[15vh] text-center">
      <img src={`${pageAddress}/icon.svg`} alt="" width="48" height="48" className="mx-auto" />
      <h1 className="text-2xl font-semibold tracking-tight">{t("session.done.title")}</h1>
      <p className="text-sm text-quiet">{t("session.done.text")}</p>
      <a href={`${pageAddress}/`} className={buttonClass()}>
        {t("session.done.here")}
      </a>
    </main>
  );
};
