import { type Browser, chromium } from "playwright-core";

/**
 * Starts the system's Chromium, without what it does beside showing pages. Without WebGL terminals are drawn as text that
 * can be read.
 */
export const launchChromium = (): Promise<Browser> =>
  chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-3d-apis",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-sync",
    ],
  });
