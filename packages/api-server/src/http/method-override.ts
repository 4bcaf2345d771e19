import type { IncomingMessage } from "node:http";

const uploadPath = /^\/api\/v1\/workspaces\/[^/?]+\/files\/uploads\/[^/?]+\/?(?:\?|$)/;
/** `HEAD` becomes `GET`, which says the same: the answer to a POST has a body. */
const methods: ReadonlyMap<string, string> = new Map([
  ["PATCH", "PATCH"],
  ["DELETE", "DELETE"],
  ["HEAD", "GET"],
]);

/**
 * Gives a POST the method it asks for (tus 1.0, "X-HTTP-Method-Override"): for clients, and proxies before them, that know
 * no PATCH or DELETE. Only uploads have it; it must run before anything looks at the method.
 */
export const overrideMethod = (request: IncomingMessage): void => {
  if (request.method !== "POST" || !uploadPath.test(request.url ?? "")) return;
  const wanted = request.headers["x-http-method-override"];
  const method = typeof wanted === "string" ? methods.get(wanted.toUpperCase()) : undefined;
  if (method !== undefined) request.method = method;
};
