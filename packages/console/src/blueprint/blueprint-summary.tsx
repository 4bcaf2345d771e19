import { useI18n } from "../i18n/i18n.tsx";
import { Tags } from "../ui/badge.tsx";
import { Facts } from "../ui/facts.tsx";
import { Card } from "../ui/page.tsx";
import type { Blueprint } from "./compose.ts";

/** What a workspace of a blueprint would be. */
export const BlueprintSummary = ({ blueprint }: { blueprint: Blueprint }) => {
  const { t } = useI18n();
  const { resources, env, apps, initScripts, image, template, description } = blueprint;
  return (
    <>
      <Card title={t("blueprint.result")}>
        <Facts
          facts={[
            [t("blueprint.template"), template || "–"],
            [t("blueprint.description"), description || "–"],
            ...(image ? [[t("blueprint.image"), image] as const] : []),
            [t("blueprint.cpu"), resources?.cpu || "–"],
            [t("blueprint.memory"), resources?.memory || "–"],
            [t("blueprint.apps"), <Tags key="apps" values={Object.keys(apps ?? {})} />],
            [
              t("blueprint.scripts"),
              <Tags key="scripts" values={initScripts?.map(({ name }) => name) ?? []} />,
            ],
            [t("blueprint.env"), <Tags key="env" values={Object.keys(env ?? {})} />],
          ]}
        />
      </Card>
      <details className="rounded-xl border border-line">
        <summary className="cursor-pointer px-4 py-3 text-sm font-medium">{t("blueprint.json")}</summary>
        {/* Focusable, so that it can be scrolled by keyboard. */}
        <section
          aria-label={t("blueprint.json")}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable (WCAG 2.1.1)
          tabIndex={0}
          className="max-h-96 overflow-auto border-t border-line p-4"
        >
          <pre className="text-xs">{JSON.stringify(blueprint, undefined, 2)}</pre>
        </section>
      </details>
    </>
  );
};
