import { openInWindow } from "../apps/open-in-window.ts";

const here = new Set(["localhost", "127.0.0.1", "0.0.0.0", "[::1]", "[::]"]);

/** The port and path of an address that only counts within the workspace; undefined for any other. */
export const localTarget = (text: string): { port: number; path: string } | undefined => {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return undefined;
  }
  if (!/^https?:$/.test(url.protocol) || !here.has(url.hostname)) return undefined;
  const port = Number(url.port) || (url.protocol === "https:" ? 443 : 80);
  return { port, path: url.pathname + url.search + url.hash };
};

/** Opens a link of a terminal in a window of its own. `localhost` is the workspace: its ports have other addresses here. */
export const openLink = async (workspace: string, text: string): Promise<void> => {
  const local = localTarget(text);
  if (!local) {
    if (/^https?:\/\//i.test(text)) window.open(text, "_blank", "noopener,noreferrer");
    return;
  }
  await openInWindow(workspace, local.port, local.path);
};
