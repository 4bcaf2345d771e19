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

let shown: "light" | "dark" = "light";

/** The theme that is seen now. */
export const shownTheme = (): "light" | "dark" => shown;

const apply = (): void => {
  const theme = read();
  // Asked for nowhere else: who asks between the system's change and its event takes the event away (in Chromium).
  shown = theme === "system" ? (darkness.matches ? "dark" : "light") : theme;
  document.documentElement.dataset.theme = shown;
  listeners.tell();
};

/** Applies the chosen theme and follows the system's, and what is chosen in another window. Call it once. */
export const startTheme = (): void => {
  darkness.addEventListener("change", apply);
  addEventListener("storage", (event) => {
    if (event.key === key) apply();
  });
  apply();
};

export const setTheme = (theme: Theme): void => {
  localStorage.setItem(key, theme);
  apply();
};

export const useTheme = (): Theme => useSyncExternalStore(listeners.subscribe, read);
export const useShownTheme = (): "light" | "dark" => useSyncExternalStore(listeners.subscribe, shownTheme);
