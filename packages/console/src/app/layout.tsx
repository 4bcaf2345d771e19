import { Link, Outlet } from "@tanstack/react-router";
import { Search } from "lucide-react";
import { lazy, Suspense, useEffect, useState } from "react";
import { useAdminPages } from "../admin/admin-pages.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { Button } from "../ui/button.tsx";
import { AccountMenu } from "./account-menu.tsx";
import { ConnectionBanner } from "./connection-banner.tsx";
import { loadPart } from "./load-part.ts";
import { pageAddress } from "./server.ts";

const Palette = lazy(() => loadPart(() => import("../palette/palette.tsx")));

const isApple = /Mac|iPhone|iPad/.test(navigator.userAgent);

/** The window that finds everything by name, also by Ctrl+K (⌘K on a Mac). */
const PaletteButton = () => {
  const { t } = useI18n();
  const [open, setOpen] = useState(false);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      // Within a terminal Ctrl+K is the shell's.
      if (event.key.toLowerCase() !== "k" || event.altKey || event.shiftKey) return;
      if (isApple ? !event.metaKey : !event.ctrlKey) return;
      if (event.target instanceof Element && event.target.closest(".xterm, .cm-editor")) return;
      event.preventDefault();
      setOpen(true);
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
  return (
    <>
      <Button
        tone="quiet"
        className="text-quiet sm:border sm:border-line sm:pr-2"
        aria-keyshortcuts={isApple ? "Meta+K" : "Control+K"}
        onClick={() => setOpen(true)}
      >
        <Search size={16} aria-hidden />
        <span className="max-sm:sr-only">{t("app.search")}</span>
        <kbd
          aria-hidden
          className="rounded border border-line bg-sheet px-1.5 font-sans text-xs max-sm:hidden"
        >
          {isApple ? "⌘K" : "Ctrl K"}
        </kbd>
      </Button>
      {open ? (
        <Suspense>
          <Palette onClose={() => setOpen(false)} />
        </Suspense>
      ) : null}
    </>
  );
};

const place =
  "inline-flex min-h-9 items-center rounded-lg px-3 text-sm text-quiet no-underline hover:bg-sheet hover:text-ink";
const placeHere = { className: "!text-ink font-semibold", "aria-current": "page" } as const;

/** The frame of every page: where one is, where one can go, and whose account it is. */
export const Layout = () => {
  const { t } = useI18n();
  const [firstAdminPage] = useAdminPages();
  return (
    <div className="flex min-h-full flex-col">
      {/* Not a link: what follows the # is the page. */}
      <button
        type="button"
        className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50 focus:rounded-lg focus:bg-raised focus:p-2"
        onClick={() => document.getElementById("content")?.focus()}
      >
        {t("app.skip")}
      </button>
      <header className="sticky top-0 z-30 flex min-h-14 items-center justify-between gap-2 border-b border-line bg-paper px-2 sm:px-4">
        <div className="flex min-w-0 items-center gap-1 sm:gap-3">
          <Link
            to="/"
            aria-label="k8shell"
            className="flex min-h-9 items-center gap-2 rounded-lg px-1 font-semibold tracking-tight text-ink no-underline"
          >
            <img src={`${pageAddress}/icon.svg`} alt="" width="26" height="26" />
            <span className="max-md:hidden">k8shell</span>
          </Link>
          <nav aria-label={t("app.menu")} className="flex min-w-0">
            <Link to="/" className={place} activeProps={placeHere} activeOptions={{ exact: true }}>
              {t("app.workspaces")}
            </Link>
            {firstAdminPage ? (
              <Link to="/admin" className={place} activeProps={placeHere}>
                <span className="max-sm:hidden">{t("admin.title")}</span>
                <span className="sm:hidden">{t("admin.title.short")}</span>
              </Link>
            ) : null}
          </nav>
        </div>
        <div className="flex items-center gap-1">
          <PaletteButton />
          <AccountMenu />
        </div>
      </header>
      <ConnectionBanner />
      <main id="content" tabIndex={-1} className="flex grow flex-col outline-none">
        <Outlet />
      </main>
    </div>
  );
};
