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

/** Tells a person in a browser why they are not signed in: the JSON of an error is not for their eyes. */
export const sendSignInErrorPage = (response: ServerResponse, error: ApiError, requestId: string): void => {
  const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Not signed in</title>
    <link rel="stylesheet" href="/assets/app.css">
  </head>
  <body>
    <main>
      <h1>You are not signed in</h1>
      <p>${escapeHtml(error.message)}</p>
      <p><a href="/">Back</a></p>
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
