import type { ScopeCatalog, ScopeEntry } from "@k8shell/sdk";
import { Search } from "lucide-react";
import { useId, useState } from "react";
import { useI18n } from "../../i18n/i18n.tsx";
import { buttonClass } from "../../ui/button.tsx";
import { presets } from "./presets.ts";
import {
  allEntries,
  chosenForm,
  coveredBy,
  parseScope,
  type ScopeDomain,
  takesOwn,
  withScope,
} from "./scope-choice.ts";
import { germanScopeWords } from "./scope-words.ts";
import { namesWorkspace } from "./workspace-limit.ts";

const useScopeWords = () => {
  const { language } = useI18n();
  return (text: string): string => (language === "de" ? (germanScopeWords[text] ?? text) : text);
};

const Entry = ({
  entry,
  chosen,
  onChange,
}: {
  entry: ScopeEntry;
  chosen: readonly string[];
  onChange(chosen: readonly string[]): void;
}) => {
  const { t } = useI18n();
  const words = useScopeWords();
  const id = useId();
  const { scope } = entry;
  const form = chosenForm(chosen, scope);
  const covered = coveredBy(chosen, scope) !== undefined;
  const own = takesOwn(entry);
  return (
    <li className="flex flex-wrap items-start justify-between gap-x-4 gap-y-1 py-1.5">
      <div className="flex items-start gap-2 text-sm">
        <input
          id={id}
          type="checkbox"
          className="mt-0.5 size-4 shrink-0 accent-(--accent)"
          checked={covered || form !== undefined}
          disabled={covered}
          onChange={({ target }) =>
            onChange(withScope(chosen, scope, target.checked ? (own ? "own" : "all") : undefined))
          }
        />
        <label htmlFor={id}>
          <span className={entry.wildcard ? "font-semibold" : undefined}>{words(entry.label)}</span>{" "}
          <code className="text-xs text-quiet">{scope}</code>
          {entry.description ? (
            <span className="block text-xs text-quiet">{words(entry.description)}</span>
          ) : null}
        </label>
      </div>
      {form !== undefined && own && !covered ? (
        <select
          aria-label={t("tokens.whose", { scope: words(entry.label) })}
          className="min-h-7 rounded-md border border-line bg-paper px-2 text-xs"
          value={parseScope(form).own ? "own" : "all"}
          onChange={({ target }) =>
            onChange(withScope(chosen, scope, target.value === "own" ? "own" : "all"))
          }
        >
          <option value="own">{t("tokens.whose.own")}</option>
          <option value="all">{t("tokens.whose.all")}</option>
        </select>
      ) : null}
    </li>
  );
};

const Domain = ({
  domain,
  wanted,
  chosen,
  onChange,
}: {
  domain: ScopeDomain;
  wanted: string;
  chosen: readonly string[];
  onChange(chosen: readonly string[]): void;
}) => {
  const { t } = useI18n();
  const words = useScopeWords();
  const matches = ({ scope, label }: ScopeEntry) =>
    wanted === "" || `${scope} ${words(label)} ${words(domain.label)}`.toLowerCase().includes(wanted);
  const entries = [
    ...(domain.wildcard ? [domain.wildcard] : []),
    ...domain.actions.flatMap((action) => action.entries),
  ];
  const shown = entries.filter(matches);
  if (shown.length === 0) return null;
  const count = entries.filter(
    ({ scope }) => chosenForm(chosen, scope) !== undefined || coveredBy(chosen, scope) !== undefined,
  ).length;
  return (
    <details className="border-b border-line last:border-0" open={wanted !== "" || undefined}>
      <summary className="flex cursor-pointer items-center justify-between gap-3 px-3 py-2.5 text-sm font-medium">
        <span>{words(domain.label)}</span>
        <span className="text-xs font-normal text-quiet">
          {t("tokens.chosen", { count, all: entries.length })}
        </span>
      </summary>
      <ul className="px-3 pb-2">
        {shown.map((entry) => (
          <Entry key={entry.scope} entry={entry} chosen={chosen} onChange={onChange} />
        ))}
      </ul>
    </details>
  );
};

/** What a token may do: chosen from the catalogue, or a usual choice at once. */
export const ScopePicker = ({
  catalog,
  chosen,
  onChange,
}: {
  catalog: ScopeCatalog;
  chosen: readonly string[];
  onChange(chosen: readonly string[]): void;
}) => {
  const { t } = useI18n();
  const [text, setText] = useState("");
  const wanted = text.trim().toLowerCase();
  const everything = chosen.includes("*");
  const known = new Set(allEntries(catalog).map(({ scope }) => scope));
  const single = chosen.filter(namesWorkspace);
  const unknown = chosen.filter((scope) => !namesWorkspace(scope) && !known.has(parseScope(scope).base));
  return (
    <fieldset className="grid gap-3">
      <legend className="pb-1 text-sm font-medium">{t("tokens.scopes")}</legend>
      <div className="flex flex-wrap gap-2">
        {presets.map((preset) => (
          <button
            key={preset.text}
            type="button"
            className={buttonClass(
              "plain",
              "rounded-full aria-pressed:border-accent aria-pressed:bg-accent-soft aria-pressed:text-accent",
            )}
            aria-pressed={
              preset.scopes.length === chosen.length && preset.scopes.every((scope) => chosen.includes(scope))
            }
            title={t(preset.hint)}
            onClick={() => onChange(preset.scopes)}
          >
            {t(preset.text)}
          </button>
        ))}
      </div>
      {everything ? <p className="text-sm text-warn">{t("tokens.everything")}</p> : null}
      <div className="rounded-xl border border-line">
        <div className="flex items-center gap-2 border-b border-line px-3 text-quiet focus-within:outline-2 focus-within:outline-accent">
          <Search size={16} aria-hidden />
          <input
            type="search"
            className="min-h-10 w-full bg-transparent text-sm text-ink outline-none"
            aria-label={t("tokens.find")}
            placeholder={t("tokens.find")}
            value={text}
            onChange={({ target }) => setText(target.value)}
            onKeyDown={(event) => {
              // Enter would send the form around it.
              if (event.key === "Enter") event.preventDefault();
            }}
          />
        </div>
        {catalog.domains.map((domain) => (
          <Domain key={domain.domain} domain={domain} wanted={wanted} chosen={chosen} onChange={onChange} />
        ))}
      </div>
      {single.length > 0 ? (
        <p className="text-xs text-quiet">{t("tokens.single", { scopes: single.join(", ") })}</p>
      ) : null}
      {unknown.length > 0 ? (
        <p className="text-xs text-quiet">{t("tokens.unknown", { scopes: unknown.join(", ") })}</p>
      ) : null}
    </fieldset>
  );
};
