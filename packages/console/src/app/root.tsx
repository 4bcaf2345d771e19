import { Outlet, useRouter } from "@tanstack/react-router";
import { useEffect } from "react";
import { isSignInTab, SignedInPage } from "../session/signed-in-page.tsx";

/** Where the keyboard is must not be lost with the page that it was on: it goes to the new page's content. */
const useFocusOnNavigation = () => {
  const router = useRouter();
  useEffect(
    () =>
      router.subscribe("onRendered", ({ pathChanged, fromLocation }) => {
        if (!pathChanged || fromLocation === undefined) return;
        const { activeElement } = document;
        if (activeElement === null || activeElement === document.body || activeElement.closest("header"))
          document.getElementById("content")?.focus({ preventScroll: true });
      }),
    [router],
  );
};

export const Root = () => {
  useFocusOnNavigation();
  return isSignInTab() ? <SignedInPage /> : <Outlet />;
};
