import { useSyncExternalStore } from "react";

export type Theme = "light" | "dark" | "system";

const key = "k8shell-theme";
const darkness = matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set<() => void>();

const read = (): Theme => {
  const text = localStorage.getItem(key);
  return text === "light" || text === "dark" ? text : "system";
};

/** The theme that is seen now. */
export const shownTheme = (): "light" | "dark" => {
  const theme = read();
  return theme === "system" ? (darkness.matches ? "dark" : "light") : theme;
};

const apply = (): void => {
  document.documentElement.dataset.theme = shownTheme();
  for (const listener of listeners) listener();
};

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/** Applies the chosen theme and follows the system's. Call it once. */
export const startTheme = (): void => {
  darkness.addEventListener("change", apply);
  apply();
};

export const setTheme = (theme: Theme): void => {
  localStorage.setItem(key, theme);
  apply();
};

export const useTheme = (): Theme => useSyncExternalStore(subscribe, read);
export const useShownTheme = (): "light" | "dark" => useSyncExternalStore(subscribe, shownTheme);
