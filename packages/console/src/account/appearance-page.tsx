import { setTheme, type Theme, useTheme } from "../app/theme.ts";
import { type Language, languages, useI18n } from "../i18n/i18n.tsx";
import { ChoiceCards } from "../ui/choice-group.tsx";
import { SectionHead } from "../ui/section.tsx";

/** A small picture of the page in a theme. */
const Preview = ({ theme }: { theme: "light" | "dark" }) => (
  <span
    data-theme={theme}
    aria-hidden
    className="grid h-16 w-28 gap-1.5 rounded-md border border-line bg-paper p-2"
  >
    <span className="h-2 w-10 rounded-full bg-ink opacity-80" />
    <span className="h-1.5 w-20 rounded-full bg-line" />
    <span className="h-1.5 w-16 rounded-full bg-line" />
    <span className="h-3 w-8 rounded bg-accent" />
  </span>
);

/** How the Console looks in this browser. */
export const AppearancePage = () => {
  const { t, language, setLanguage } = useI18n();
  const theme = useTheme();
  return (
    <>
      <SectionHead title={t("account.appearance")} lead={t("account.appearance.lead")} />
      <ChoiceCards<Theme>
        label={t("app.theme")}
        value={theme}
        onChange={setTheme}
        options={[
          { value: "light", text: t("app.theme.light"), picture: <Preview theme="light" /> },
          { value: "dark", text: t("app.theme.dark"), picture: <Preview theme="dark" /> },
          {
            value: "system",
            text: t("app.theme.system"),
            picture: (
              <span className="flex">
                <span className="w-14 overflow-hidden">
                  <Preview theme="light" />
                </span>
                <span className="flex w-14 justify-end overflow-hidden">
                  <Preview theme="dark" />
                </span>
              </span>
            ),
          },
        ]}
      />
      <ChoiceCards<Language>
        label={t("app.language")}
        value={language}
        onChange={setLanguage}
        options={Object.entries(languages).map(([value, text]) => ({ value: value as Language, text }))}
      />
    </>
  );
};
