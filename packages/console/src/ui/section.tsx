import { Link, type LinkProps, useLocation } from "@tanstack/react-router";
import type { LucideIcon } from "lucide-react";
import { type ReactNode, useEffect } from "react";
import { useI18n } from "../i18n/i18n.tsx";
import type { MessageKey } from "../i18n/messages.ts";
import { useChosenInView } from "./use-chosen-in-view.ts";

export interface SectionPage {
  readonly to: LinkProps["to"];
  readonly text: MessageKey;
  readonly icon: LucideIcon;
}

const link =
  "flex min-h-9 items-center gap-2.5 rounded-lg px-3 text-sm whitespace-nowrap text-quiet no-underline hover:bg-sheet hover:text-ink";

/** Several pages about one thing, with a menu of them: beside the page, above it on narrow screens. */
export const Section = ({
  title,
  pages,
  children,
}: {
  title: string;
  pages: readonly SectionPage[];
  children: ReactNode;
}) => {
  const { t } = useI18n();
  const row = useChosenInView(useLocation().pathname);
  return (
    <div className="mx-auto grid w-full max-w-6xl content-start gap-4 px-4 py-5 md:grid-cols-[13rem_minmax(0,1fr)] md:gap-10 md:py-8">
      <nav
        ref={row}
        aria-label={title}
        className="max-md:-mx-4 max-md:overflow-x-auto max-md:border-b max-md:border-line max-md:px-4 max-md:pb-2 md:sticky md:top-20 md:self-start"
      >
        <p className="px-3 pb-2 text-xs font-semibold tracking-wide text-quiet uppercase max-md:hidden">
          {title}
        </p>
        <ul className="flex gap-1 max-md:w-max md:flex-col">
          {pages.map(({ to, text, icon: Icon }) => (
            <li key={String(to)}>
              <Link
                to={to}
                className={link}
                activeProps={{
                  className: "bg-accent-soft !text-accent font-semibold",
                  "aria-current": "page",
                }}
              >
                <Icon size={16} aria-hidden className="shrink-0" />
                {t(text)}
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      <div className="grid min-w-0 content-start gap-5">{children}</div>
    </div>
  );
};

/** The head of a page of a section: what it is, what it is for, and what can be done. Sets the title of the window. */
export const SectionHead = ({
  title,
  lead,
  actions,
}: {
  title: string;
  lead?: ReactNode;
  actions?: ReactNode;
}) => {
  useEffect(() => {
    document.title = `${title} · k8shell`;
  }, [title]);
  return (
    <div className="flex flex-wrap items-start justify-between gap-3">
      <div className="grid max-w-prose gap-1">
        <h1 className="text-2xl font-semibold tracking-tight">{title}</h1>
        {lead ? <p className="text-sm text-quiet">{lead}</p> : null}
      </div>
      {actions ? <div className="flex flex-wrap gap-2">{actions}</div> : null}
    </div>
  );
};
