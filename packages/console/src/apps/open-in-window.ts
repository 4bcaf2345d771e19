import { k8shell } from "../app/server.ts";

/**
 * Opens what listens on a port of a workspace, in a window of its own. Called by what the person clicked.
 * @param path what to open there (default: what the port's address leads to)
 * @throws K8shellError when the port cannot be reached; the window is closed again
 */
export const openInWindow = async (name: string, port: number, path?: string): Promise<void> => {
  // Opened at once, so that the browser takes it for what the click asked for.
  const tab = window.open("about:blank", "_blank");
  try {
    const { url } = await k8shell.api.getPort({ name, port });
    if (!tab) return;
    tab.opener = null;
    tab.location.href = path === undefined ? url : new URL(path, url).href;
  } catch (error) {
    tab?.close();
    throw error;
  }
};
