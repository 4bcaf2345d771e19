import { useSyncExternalStore } from "react";
import { createListeners } from "./listeners.ts";

export type Theme = "light" | "dark" | "system";

const key = "k8shell-theme";
const darkness = matchMedia("(prefers-color-scheme: dark)");
const listeners = createListeners();

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
  listeners.tell();
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

export const useTheme = (): Theme => useSyncExternalStore(listeners.subscribe, read);
export const useShownTheme = (): "light" | "dark" => useSyncExternalStore(listeners.subscribe, shownTheme);
