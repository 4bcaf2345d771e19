import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { allRoutes, openApiDocument, routes } from "@k8shell/contract";
import { ApiError } from "../http/api-error.ts";
import { type BoundRoute, bind, type HandlerResult, handled, type RequestContext } from "../http/handler.ts";
import { sendSerialized } from "../http/respond.ts";
import { pageHeaders, sendFile } from "../http/send-file.ts";

export interface DocsRoutesDeps {
  readonly version: string;
  readonly cookieName: string;
}

// Relative addresses: the page works below any path prefix.
const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>k8shell API reference</title>
    <link rel="icon" href="icon.svg">
    <link rel="stylesheet" href="docs/swagger-ui.css">
    <script defer src="docs/swagger-ui-bundle.js"></script>
    <script defer src="docs/start.js"></script>
  </head>
  <body>
    <main id="reference"></main>
    <noscript>This page needs JavaScript. The document itself: <a href="api/v1/openapi.json">openapi.json</a>.</noscript>
  </body>
</html>
`;

const startScript = `SwaggerUIBundle({
  url: "api/v1/openapi.json",
  dom_id: "#reference",
  deepLinking: true,
  withCredentials: true,
  presets: [SwaggerUIBundle.presets.apis],
});
`;

/** Assets that the page names; nothing else of the package is served. */
const packageAssets: ReadonlySet<string> = new Set(["swagger-ui.css", "swagger-ui-bundle.js"]);

const sendText = (
  { reply, request, requestId }: RequestContext,
  type: string,
  text: string,
): HandlerResult => {
  reply.raw.writeHead(200, {
    ...pageHeaders,
    "content-type": type,
    "cache-control": "no-cache",
    "content-length": Buffer.byteLength(text),
    "x-request-id": requestId,
  });
  reply.raw.end(request.method === "HEAD" ? undefined : text);
  return handled;
};

/** The OpenAPI document, made from the route table, and the page that shows it. */
export const docsRoutes = ({ version, cookieName }: DocsRoutesDeps): BoundRoute[] => {
  const assets = () => dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));
  let document: string | undefined;

  return [
    bind(routes.getOpenApi, ({ reply, request, requestId }) => {
      document ??= JSON.stringify(openApiDocument(allRoutes, { version, cookieName }));
      sendSerialized(reply.raw, 200, document, requestId, request.method !== "HEAD");
      return handled;
    }),
    bind(routes.getDocs, (context) => sendText(context, "text/html; charset=utf-8", page)),
    bind(routes.getDocsAsset, async (context) => {
      const { asset } = context.params;
      if (asset === "start.js") return sendText(context, "text/javascript; charset=utf-8", startScript);
      if (!packageAssets.has(asset)) throw new ApiError("not_found", "There is nothing at this address.");
      await sendFile(context.request.raw, context.reply.raw, join(assets(), asset));
      return handled;
    }),
  ];
};
