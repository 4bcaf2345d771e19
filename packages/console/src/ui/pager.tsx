import { ChevronLeft, ChevronRight } from "lucide-react";
import { useI18n } from "../i18n/i18n.tsx";
import { Button } from "./button.tsx";

export interface PagerProps {
  /** Index of the first entry that is shown. */
  readonly offset: number;
  /** Entries on a page. */
  readonly limit: number;
  /** Entries that are shown. */
  readonly shown: number;
  /** All entries, if that is known. */
  readonly all?: number;
  onMove(offset: number): void;
}

/** The way through a long list; nothing when all of it is shown. */
export const Pager = ({ offset, limit, shown, all, onMove }: PagerProps) => {
  const { t, number } = useI18n();
  const more = all === undefined ? shown === limit : offset + shown < all;
  if (offset === 0 && !more) return null;
  const range = { from: number(Math.min(offset + 1, offset + shown)), to: number(offset + shown) };
  return (
    <div className="flex items-center justify-end gap-2 text-sm text-quiet">
      <span role="status">
        {all === undefined ? t("app.range.open", range) : t("app.range", { ...range, all: number(all) })}
      </span>
      <Button disabled={offset === 0} onClick={() => onMove(Math.max(0, offset - limit))}>
        <ChevronLeft size={16} aria-hidden />
        {t("app.previous")}
      </Button>
      <Button disabled={!more} onClick={() => onMove(offset + limit)}>
        {t("app.next")}
        <ChevronRight size={16} aria-hidden />
      </Button>
    </div>
  );
};
