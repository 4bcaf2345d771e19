import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { CircleAlert, CircleCheck } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useI18n } from "../i18n/i18n.tsx";
import { Button } from "../ui/button.tsx";
import { CopyButton } from "../ui/copy-button.tsx";
import { Page, Waiting } from "../ui/page.tsx";
import { BlueprintSummary } from "./blueprint-summary.tsx";
import { compose } from "./compose.ts";
import { draft, example } from "./draft.ts";
import { type Editor, openEditor } from "./editor.ts";
import { useSettled } from "./use-settled.ts";

const settleMs = 400;
const route = getRouteApi("/signed-in/blueprint");

/** Where the YAML of a repository is written and checked as the server would use it. */
export const BlueprintPage = () => {
  const { t } = useI18n();
  const { template } = route.useSearch();
  const place = useRef<HTMLDivElement>(null);
  const editor = useRef<Editor>(undefined);
  const [text, setText] = useState(
    () => (template === undefined ? draft.read() : undefined) ?? example(template ?? "dev"),
  );
  const settled = useSettled(text, settleMs);
  const label = t("blueprint.editor");
  const { data, error, refetch, isFetching } = useQuery({
    queryKey: ["compose", settled],
    queryFn: ({ signal }) => compose(settled, signal),
    placeholderData: (before) => before,
    gcTime: 0,
  });
  const problem = data?.kind === "bad" ? data.problem : undefined;

  const first = useRef(text);
  useEffect(() => {
    if (!place.current) return;
    const opened = openEditor(place.current, {
      text: first.current,
      label,
      onChange(changed) {
        first.current = changed;
        setText(changed);
        draft.write(changed);
      },
    });
    editor.current = opened;
    return () => opened.close();
  }, [label]);
  useEffect(() => editor.current?.mark(problem), [problem]);

  return (
    <Page
      title={t("blueprint.title")}
      actions={
        <>
          <CopyButton text={text} label={t("app.copy")} />
          <Button onClick={() => editor.current?.replace(example(template ?? "dev"))}>
            {t("blueprint.reset")}
          </Button>
        </>
      }
    >
      <p className="max-w-prose text-sm text-quiet">{t("blueprint.lead")}</p>
      <div className="grid gap-4 lg:grid-cols-2">
        <div className="grid content-start gap-2">
          <div ref={place} className="h-[28rem] overflow-hidden rounded-xl border border-line lg:h-[36rem]" />
          <p className="text-xs text-quiet">{t("blueprint.keys")}</p>
        </div>
        <section
          aria-label={t("blueprint.result")}
          className="grid content-start gap-4"
          aria-busy={isFetching}
        >
          <Waiting data={data} error={error} refetch={refetch} />
          <div role="status">
            {problem ? (
              <p className="flex gap-2 rounded-xl border border-danger bg-danger-soft p-4 text-sm">
                <CircleAlert size={18} aria-hidden className="shrink-0 text-danger" />
                <span>
                  {problem.line === undefined ? null : (
                    <strong className="block">{t("blueprint.line", { line: problem.line })}</strong>
                  )}
                  {problem.message}
                </span>
              </p>
            ) : data ? (
              <p className="flex items-center gap-2 rounded-xl border border-good bg-good-soft p-4 text-sm text-good">
                <CircleCheck size={18} aria-hidden className="shrink-0" />
                {t("blueprint.good")}
              </p>
            ) : null}
          </div>
          {data?.kind === "good" ? <BlueprintSummary blueprint={data.blueprint} /> : null}
        </section>
      </div>
    </Page>
  );
};
