import type { ServerResponse } from "node:http";
import type { ApiError } from "../http/api-error.ts";
import { pageHeaders } from "../http/send-file.ts";

const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (found) => escapes[found] ?? "");

const style =
  "body{font-family:system-ui,sans-serif;color-scheme:light dark;max-width:32rem;margin:15vh auto;padding:0 1rem}small{opacity:.75}";

/** The start page, relative to the page at `path`: there may be more in front of it than this server knows. */
const startFrom = (path: string): string => "../".repeat(path.split("/").length - 2) || "./";

/**
 * Tells a person in a browser why they are not signed in: the JSON of an error is not for their eyes.
 * @param path of the request, without its query
 */
export const sendSignInErrorPage = (
  response: ServerResponse,
  error: ApiError,
  requestId: string,
  path: string,
): void => {
  const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Not signed in</title>
    <style>${style}</style>
  </head>
  <body>
    <main>
      <h1>You are not signed in</h1>
      <p>${escapeHtml(error.message)}</p>
      <p><a href="${startFrom(path)}">Back</a></p>
      <p><small>Request ${escapeHtml(requestId)}</small></p>
    </main>
  </body>
</html>
`;
  response.writeHead(error.status, {
    ...pageHeaders,
    "content-type": "text/html; charset=utf-8",
    "content-length": Buffer.byteLength(page),
    "cache-control": "no-store",
    "x-request-id": requestId,
  });
  response.end(page);
};
