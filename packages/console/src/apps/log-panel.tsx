import type { AppStatus } from "@k8shell/sdk";
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { useI18n } from "../i18n/i18n.tsx";
import { Button } from "../ui/button.tsx";
import { useLog } from "./follow-log.ts";
import { isBusy } from "./queries.ts";

/** The log of an app or of its installation, as it grows. */
export const LogPanel = ({ workspace, app }: { workspace: string; app: AppStatus }) => {
  const { t, explain } = useI18n();
  const [type, setType] = useState<"app" | "install">(
    app.status === "INSTALLING" || app.status === "NOT-INSTALLED" ? "install" : "app",
  );
  const [round, setRound] = useState(0);
  const { lines, following, problem, cut } = useLog(workspace, app, type, round);
  const place = useRef<HTMLElement>(null);
  const atEnd = useRef(true);

  // A log that has ended goes on when its app is started again.
  const busy = isBusy(app);
  const wasBusy = useRef(busy);
  useEffect(() => {
    if (busy && !wasBusy.current) setRound((before) => before + 1);
    wasBusy.current = busy;
  }, [busy]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: whenever there are more lines
  useLayoutEffect(() => {
    if (atEnd.current && place.current) place.current.scrollTop = place.current.scrollHeight;
  }, [lines]);

  return (
    <div className="grid gap-2">
      <div className="flex flex-wrap items-center gap-2">
        {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is for fields */}
        <div
          role="group"
          aria-label={t("apps.log.which")}
          className="flex rounded-lg border border-line p-0.5"
        >
          {(["app", "install"] as const).map((choice) => (
            <button
              key={choice}
              type="button"
              aria-pressed={type === choice}
              onClick={() => setType(choice)}
              className="min-h-8 rounded-md px-3 text-sm text-quiet aria-pressed:bg-accent-soft aria-pressed:font-semibold aria-pressed:text-accent"
            >
              {t(`apps.log.${choice}`)}
            </button>
          ))}
        </div>
        <span role="status" className="text-sm text-quiet">
          {problem !== undefined ? explain(problem) : t(following ? "apps.log.following" : "apps.log.ended")}
        </span>
        {following ? null : (
          <Button tone="quiet" className="ml-auto" onClick={() => setRound(round + 1)}>
            {t("apps.log.again")}
          </Button>
        )}
      </div>
      <section
        ref={place}
        aria-label={t("apps.log.of", { name: app.name })}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable (WCAG 2.1.1)
        tabIndex={0}
        onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
          atEnd.current = scrollHeight - scrollTop - clientHeight < 24;
        }}
        className="max-h-80 min-h-24 overflow-auto rounded-lg bg-[#0f141a] p-3 font-mono text-xs leading-5 text-[#d6dee6]"
      >
        {cut ? <p className="text-[#9aa6b2]">{t("apps.log.cut")}</p> : null}
        <pre className="whitespace-pre-wrap">{lines.join("\n")}</pre>
        {lines.length === 0 && !following ? <p className="text-[#9aa6b2]">{t("apps.log.empty")}</p> : null}
      </section>
    </div>
  );
};
