import { useI18n } from "../i18n/i18n.tsx";
import { useChosenInView } from "../ui/use-chosen-in-view.ts";
import { waysTo } from "./paths.ts";

/** Where the tree is, with ways to every directory above it. */
export const PathBar = ({ path, onGo }: { path: string; onGo(path: string): void }) => {
  const { t } = useI18n();
  const row = useChosenInView(path);
  return (
    <nav
      ref={row}
      aria-label={t("files.where")}
      className="flex shrink-0 items-center overflow-x-auto border-b border-line px-2 py-1 text-xs whitespace-nowrap"
    >
      {waysTo(path).map((way, index, ways) => (
        <span key={way.path} className="flex items-center">
          {index > 1 ? <span className="text-quiet">/</span> : null}
          <button
            type="button"
            aria-current={index === ways.length - 1 ? "location" : undefined}
            className="min-h-6 min-w-6 rounded px-1 py-0.5 text-quiet hover:bg-sheet hover:text-ink aria-current:font-semibold aria-current:text-ink"
            onClick={() => onGo(way.path)}
          >
            {way.name}
          </button>
        </span>
      ))}
    </nav>
  );
};
