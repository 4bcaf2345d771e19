import { ArrowDown, ArrowUp, X } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useI18n } from "../i18n/i18n.tsx";
import { IconButton } from "../ui/button.tsx";
import type { Session } from "./session.ts";

const decorations = {
  matchBackground: "#7d5a00",
  matchOverviewRuler: "#f0b85a",
  activeMatchBackground: "#c25700",
  activeMatchColorOverviewRuler: "#ff8f00",
};

/** Finds text in a terminal and what has scrolled out of it. */
export const SearchBar = ({ session, onClose }: { session: Session; onClose(): void }) => {
  const { t } = useI18n();
  const field = useRef<HTMLInputElement>(null);
  const [text, setText] = useState("");
  const [found, setFound] = useState<{ index: number; count: number }>();

  useEffect(() => field.current?.focus(), []);
  useEffect(() => {
    const results = session.search.onDidChangeResults(({ resultIndex, resultCount }) =>
      setFound({ index: resultIndex + 1, count: resultCount }),
    );
    return () => {
      results.dispose();
      session.search.clearDecorations();
      // What was found was in this terminal; in the next one nothing has been looked for.
      setFound(undefined);
    };
  }, [session]);

  const find = (forwards: boolean, term = text, incremental = false) => {
    if (term === "") {
      session.search.clearDecorations();
      setFound(undefined);
    } else if (forwards) session.search.findNext(term, { decorations, incremental });
    else session.search.findPrevious(term, { decorations });
  };
  const close = () => {
    onClose();
    session.focus();
  };

  return (
    <search className="absolute top-2 right-4 z-20 flex max-w-[calc(100%-2rem)] items-center gap-1 rounded-lg border border-line bg-raised p-1 shadow-lg">
      <input
        ref={field}
        aria-label={t("terminal.find")}
        placeholder={t("terminal.find")}
        className="min-h-8 w-44 min-w-0 rounded-md bg-paper px-2 text-sm"
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          find(true, event.target.value, true);
        }}
        onKeyDown={(event) => {
          if (event.key === "Enter") find(event.shiftKey === false);
          if (event.key === "Escape") close();
        }}
      />
      <span role="status" className="min-w-14 text-center text-xs text-quiet tabular-nums">
        {found ? (found.count === 0 ? t("terminal.find.none") : `${found.index} / ${found.count}`) : ""}
      </span>
      <IconButton label={t("terminal.find.previous")} onClick={() => find(false)}>
        <ArrowUp size={16} aria-hidden />
      </IconButton>
      <IconButton label={t("terminal.find.next")} onClick={() => find(true)}>
        <ArrowDown size={16} aria-hidden />
      </IconButton>
      <IconButton label={t("app.close")} onClick={close}>
        <X size={16} aria-hidden />
      </IconButton>
    </search>
  );
};
