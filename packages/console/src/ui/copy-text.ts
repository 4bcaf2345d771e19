/**
 * Puts a text into the clipboard, while a click or a key is handled. Pages over plain HTTP from elsewhere than this machine
 * do not have the browser's interface for it (https://w3c.github.io/clipboard-apis/), only the older command.
 *
 * @throws when the browser does not allow it
 */
export const copyText = async (text: string): Promise<void> => {
  const clipboard = (navigator as Partial<Navigator>).clipboard;
  if (clipboard) return clipboard.writeText(text);
  const give = (event: ClipboardEvent) => {
    event.clipboardData?.setData("text/plain", text);
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  addEventListener("copy", give, { capture: true });
  try {
    if (!document.execCommand("copy")) throw new Error("The browser does not allow copying.");
  } finally {
    removeEventListener("copy", give, { capture: true });
  }
};
