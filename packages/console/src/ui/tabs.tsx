import { Link, type LinkProps, useLocation } from "@tanstack/react-router";
import { useChosenInView } from "./use-chosen-in-view.ts";

/** Links to the parts of a page; the one that is shown is marked. */
export const NavTabs = ({
  label,
  tabs,
}: {
  label: string;
  tabs: ReadonlyArray<{
    readonly to: LinkProps["to"];
    readonly params?: LinkProps["params"];
    readonly text: string;
  }>;
}) => {
  const row = useChosenInView(useLocation().pathname);
  return (
    <nav ref={row} aria-label={label} className="flex gap-1 overflow-x-auto border-b border-line">
      {tabs.map(({ to, params, text }) => (
        <Link
          key={String(to)}
          to={to}
          params={params}
          className="-mb-px border-b-2 border-transparent px-3 py-2 text-sm whitespace-nowrap text-quiet no-underline hover:text-ink"
          activeProps={{ className: "!border-accent !text-ink font-semibold", "aria-current": "page" }}
        >
          {text}
        </Link>
      ))}
    </nav>
  );
};
