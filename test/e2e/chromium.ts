import { type Browser, chromium } from "playwright-core";

/** How long pages may take for what a test waits for, milliseconds: below the limit of a test, and enough when busy. */
const waitMs = 150_000;

/**
 * Starts the system's Chromium, without what it does beside showing pages. Without WebGL terminals are drawn as text that
 * can be read.
 */
export const launchChromium = async (): Promise<Browser> => {
  const browser = await chromium.launch({
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
  const newContext = browser.newContext.bind(browser);
  browser.newContext = async (options) => {
    const context = await newContext(options);
    context.setDefaultTimeout(waitMs);
    return context;
  };
  return browser;
};
