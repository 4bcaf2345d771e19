import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "pino";
import { ApiError } from "./api-error.ts";
import { toApiError } from "./errors.ts";
import { sendError } from "./respond.ts";
import { pageHeaders, sendFile } from "./send-file.ts";
import { sendWebResponse, toWebRequest } from "./web-request.ts";

export interface PagesDeps {
  /** Directory of the built Console: `index.html` and `assets/`. */
  readonly consoleDir: string;
  /** Serves everything below /signin; absent when Identity is remote. */
  readonly signIn: ((request: Request) => Promise<Response>) | undefined;
  readonly publicUrl: () => string;
  readonly log: Logger;
}

const assetName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
/** Scripts of the Console make no markup from text: the browser refuses them to (Trusted Types). */
const consoleHeaders = {
  "content-security-policy": `${pageHeaders["content-security-policy"]}; require-trusted-types-for 'script'; trusted-types 'none'`,
};
const signInLimits = { maxBytes: 64 << 10, timeoutMs: 30_000 };
const signInHeaders = {
  ...pageHeaders,
  "content-security-policy":
    "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'",
  "cache-control": "no-store",
};

type Serve = (request: IncomingMessage, response: ServerResponse, params: unknown) => Promise<void>;

/** Pages beside the API: the Console at `/`, its assets, and the embedded provider's sign-in pages. */
export const registerPages = (app: FastifyInstance, deps: PagesDeps): void => {
  const { consoleDir, signIn, publicUrl, log } = deps;

  const serve =
    (handle: Serve) =>
    (request: FastifyRequest, reply: FastifyReply): void => {
      handle(request.raw, reply.raw, request.params).catch((cause: unknown) => {
        const error = toApiError(cause);
        if (error.status >= 500) log.error({ err: cause, requestId: request.id }, "page failed");
        sendError(reply.raw, error, request.id, request.method !== "HEAD");
      });
    };

  app.route({
    method: ["GET", "HEAD"],
    url: "/",
    handler: serve((request, response) =>
      sendFile(request, response, join(consoleDir, "index.html"), { headers: consoleHeaders }),
    ),
  });
  app.route({
    method: ["GET", "HEAD"],
    url: "/icon.svg",
    handler: serve((request, response) => sendFile(request, response, join(consoleDir, "icon.svg"))),
  });
  app.route<{ Params: { name: string } }>({
    method: ["GET", "HEAD"],
    url: "/assets/:name",
    handler: serve((request, response, params) => {
      const name = String(Reflect.get(Object(params), "name"));
      if (!assetName.test(name)) throw new ApiError("not_found", "There is nothing at this address.");
      return sendFile(request, response, join(consoleDir, "assets", name), { immutable: true });
    }),
  });
  if (!signIn) return;

  const serveSignIn = serve(async (request, response) => {
    const answer = await signIn(await toWebRequest(request, publicUrl(), signInLimits));
    await sendWebResponse(response, answer, signInHeaders);
  });
  for (const url of ["/signin", "/signin/*"]) {
    app.route({ method: ["GET", "HEAD", "POST"], url, handler: serveSignIn });
  }
};
