import { clsx } from "clsx";
import type { ComponentProps, ReactNode } from "react";
import { useI18n } from "../i18n/i18n.tsx";

/** A table that scrolls sideways on narrow screens; `label` is its name. */
export const Table = ({ label, head, children }: { label: string; head: ReactNode; children: ReactNode }) => (
  // Relative: what only screen readers see is positioned within it. Focusable, so that it can be scrolled by keyboard.
  // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable (WCAG 2.1.1)
  <section className="relative overflow-x-auto rounded-xl border border-line" aria-label={label} tabIndex={0}>
    <table className="w-full border-collapse text-sm">
      <thead className="bg-sheet text-left text-quiet">
        <tr>{head}</tr>
      </thead>
      <tbody className="divide-y divide-line">{children}</tbody>
    </table>
  </section>
);

export const Head = ({ className, ...rest }: ComponentProps<"th">) => (
  <th scope="col" className={clsx("px-3 py-2 font-medium whitespace-nowrap", className)} {...rest} />
);

export const Cell = ({ className, ...rest }: ComponentProps<"td">) => (
  <td className={clsx("px-3 py-2 align-middle", className)} {...rest} />
);

/** The head of a column of buttons: it has a name, and nothing to see. */
export const ActionsHead = () => {
  const { t } = useI18n();
  return (
    <Head>
      <span className="sr-only">{t("app.actions")}</span>
    </Head>
  );
};
