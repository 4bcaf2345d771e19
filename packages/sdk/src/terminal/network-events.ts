/**
 * Calls `back` when the browser finds the network again, or its page is looked at again: a connection may have been
 * lost unnoticed while the computer slept. Does nothing elsewhere.
 * @returns what ends it
 */
export const onBackOnline = (back: () => void): (() => void) => {
  const { window, document } = globalThis as Partial<Pick<typeof globalThis, "window" | "document">>;
  if (!window?.addEventListener || !document) return () => {};
  const seen = () => {
    if (document.visibilityState === "visible") back();
  };
  window.addEventListener("online", back);
  document.addEventListener("visibilitychange", seen);
  return () => {
    window.removeEventListener("online", back);
    document.removeEventListener("visibilitychange", seen);
  };
};
