import { K8shellError } from "@k8shell/sdk";
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from "react";
import { de, en, type MessageKey } from "./messages.ts";

export const languages = { en: "English", de: "Deutsch" } as const;
export type Language = keyof typeof languages;

const texts: Readonly<Record<Language, Readonly<Record<MessageKey, string>>>> = { en, de };
const key = "k8shell-language";

const initial = (): Language => {
  const wanted = localStorage.getItem(key) ?? navigator.language;
  return wanted.startsWith("de") ? "de" : "en";
};

export type Values = Readonly<Record<string, string | number>>;

/** Words and forms of the chosen language. */
export interface I18n {
  readonly language: Language;
  setLanguage(language: Language): void;
  /** The text of a key, with its values filled in. */
  t(key: MessageKey, values?: Values): string;
  /** A date and time, short; a dash for none. */
  date(value: string | Date | null | undefined): string;
  /** A time of day to the second; a dash for none. */
  time(value: string | Date | null | undefined): string;
  /** How long ago, in words. */
  ago(value: string | Date | null | undefined): string;
  /** A number of bytes, e.g. `1.2 MB`. */
  bytes(value: number): string;
  /** A whole number. */
  number(value: number): string;
  /** Names one after another, e.g. `a, b and c`. */
  list(values: readonly string[]): string;
  /** Why something failed, for a person. What the server says stays in its own words. */
  explain(error: unknown): string;
  /** A share of one, e.g. `12 %`. */
  percent(value: number): string;
  /** How long something takes, e.g. `1:02:03`, from seconds. */
  duration(seconds: number): string;
}

const steps = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
] as const;
const failures: Readonly<Record<string, MessageKey>> = {
  network_error: "app.failure.network",
  client_timeout: "app.failure.timeout",
  invalid_response: "app.failure.response",
  too_many_requests: "app.failure.rate",
};
const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;

const createI18n = (language: Language, setLanguage: (language: Language) => void): I18n => {
  const dates = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
  const times = new Intl.DateTimeFormat(language, { timeStyle: "medium" });
  const percents = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 0 });
  const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  const parse = (value: string | Date | null | undefined) => {
    if (value === null || value === undefined || value === "") return undefined;
    const date = new Date(value);
    return Number.isNaN(date.getTime()) ? undefined : date;
  };
  const numbers = new Intl.NumberFormat(language);
  const lists = new Intl.ListFormat(language, { type: "conjunction" });
  const t: I18n["t"] = (messageKey, values = {}) =>
    texts[language][messageKey].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
  return {
    language,
    setLanguage,
    t,
    number: (value) => numbers.format(value),
    list: (values) => lists.format(values),
    explain(error) {
      const known = error instanceof K8shellError ? failures[error.code] : undefined;
      if (known) return t(known);
      return error instanceof Error ? error.message : String(error);
    },
    date(value) {
      const date = parse(value);
      return date ? dates.format(date) : "–";
    },
    time(value) {
      const date = parse(value);
      return date ? times.format(date) : "–";
    },
    ago(value) {
      const date = parse(value);
      if (!date) return "–";
      const seconds = (date.getTime() - Date.now()) / 1000;
      for (const [unit, length] of steps) {
        if (Math.abs(seconds) >= length) return relative.format(Math.round(seconds / length), unit);
      }
      return relative.format(0, "second");
    },
    bytes(value) {
      const step = value < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(value) / 3));
      return new Intl.NumberFormat(language, {
        style: "unit",
        unit: units[step],
        unitDisplay: "short",
        maximumFractionDigits: step === 0 ? 0 : 1,
      }).format(value / 1000 ** step);
    },
    percent: (value) => percents.format(value),
    duration(seconds) {
      const whole = Math.max(0, Math.floor(seconds));
      const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
      const parts = hours > 0 ? [hours, minutes, rest] : [minutes, rest];
      return parts.map((part, index) => (index === 0 ? `${part}` : `${part}`.padStart(2, "0"))).join(":");
    },
  };
};

const Context = createContext<I18n | undefined>(undefined);

export const I18nProvider = ({ children }: { children: ReactNode }) => {
  const [language, choose] = useState(initial);
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  const value = useMemo(
    () =>
      createI18n(language, (next) => {
        localStorage.setItem(key, next);
        choose(next);
      }),
    [language],
  );
  return <Context value={value}>{children}</Context>;
};

export const useI18n = (): I18n => {
  const value = useContext(Context);
  if (!value) throw new Error("useI18n needs an I18nProvider above it");
  return value;
};
