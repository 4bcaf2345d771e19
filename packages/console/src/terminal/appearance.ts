import type { ITheme } from "@xterm/xterm";
import { useSyncExternalStore } from "react";
import { createListeners } from "../app/listeners.ts";

/** How terminals look, the same in every window of this browser. */
export interface Appearance {
  readonly fontSize: number;
  readonly colours: "dark" | "light" | "page";
  /** Tells screen readers what is on the screen. */
  readonly screenReader: boolean;
}

export const fontSizes = [12, 13, 14, 16, 18, 22] as const;

const key = "k8shell-terminal";
const standard: Appearance = { fontSize: 14, colours: "dark", screenReader: false };
const listeners = createListeners();
let current: Appearance | undefined;

const read = (): Appearance => {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(key) ?? "{}");
    const { fontSize, colours, screenReader } = Object(value) as Record<string, unknown>;
    return {
      fontSize: fontSizes.find((size) => size === fontSize) ?? standard.fontSize,
      colours: colours === "light" || colours === "page" ? colours : "dark",
      screenReader: screenReader === true,
    };
  } catch {
    return standard;
  }
};

const snapshot = (): Appearance => {
  current ??= read();
  return current;
};

// Chosen in another window: what is chosen here later must not take that back.
addEventListener("storage", (event) => {
  if (event.key !== key) return;
  current = undefined;
  listeners.tell();
});

export const setAppearance = (change: Partial<Appearance>): void => {
  current = { ...snapshot(), ...change };
  localStorage.setItem(key, JSON.stringify(current));
  listeners.tell();
};

export const useAppearance = (): Appearance => useSyncExternalStore(listeners.subscribe, snapshot);

const dark: ITheme = {
  background: "#0f141a",
  foreground: "#d6dee6",
  cursor: "#7cb0ff",
  cursorAccent: "#0f141a",
  selectionBackground: "#2b4a75",
  black: "#2f3843",
  red: "#ff8f87",
  green: "#66d38a",
  yellow: "#f0b85a",
  blue: "#7cb0ff",
  magenta: "#d2a8ff",
  cyan: "#6fd3dc",
  white: "#d6dee6",
  brightBlack: "#7d8894",
  brightRed: "#ffb3ad",
  brightGreen: "#93e6ac",
  brightYellow: "#ffd58f",
  brightBlue: "#a9ccff",
  brightMagenta: "#e4c8ff",
  brightCyan: "#a2e8ee",
  brightWhite: "#ffffff",
};

const light: ITheme = {
  background: "#ffffff",
  foreground: "#1c2128",
  cursor: "#0b57d0",
  cursorAccent: "#ffffff",
  selectionBackground: "#b9d3fb",
  black: "#1c2128",
  red: "#b3261e",
  green: "#116329",
  yellow: "#7d4e00",
  blue: "#0b57d0",
  magenta: "#7b2fbf",
  cyan: "#0b6b77",
  white: "#57606a",
  brightBlack: "#6b747d",
  brightRed: "#c9362d",
  brightGreen: "#1a7f37",
  brightYellow: "#9a6700",
  brightBlue: "#2f74e0",
  brightMagenta: "#9246d6",
  brightCyan: "#118494",
  brightWhite: "#24292f",
};

/** The colours of a terminal on a page of the theme `page`. */
export const coloursOf = ({ colours }: Appearance, page: "light" | "dark"): ITheme =>
  (colours === "page" ? page : colours) === "dark" ? dark : light;
