import type { IncomingMessage } from "node:http";
import { ApiError } from "../http/api-error.ts";
import { isOwnOrigin, type OriginPolicy } from "../http/origin.ts";

const safeMethods: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Refuses a state-changing request that a page of another site sent with our cookie. Browsers say where a request
 * comes from (`Sec-Fetch-Site`, `Origin`) and pages cannot forge it; clients that send neither are not browsers and
 * hold the cookie by choice. App hosts below our domain are "same-site" and not trusted.
 * @throws ApiError origin_not_allowed
 */
export const refuseCrossSite = (request: IncomingMessage, policy: OriginPolicy): void => {
  if (safeMethods.has(request.method ?? "")) return;
  const { origin, host } = request.headers;
  const site = request.headers["sec-fetch-site"];
  const foreignSite = site !== undefined && site !== "same-origin" && site !== "none";
  const ownOrigin = origin !== undefined && isOwnOrigin(origin, host, policy);
  // A configured public origin may be cross-origin to the address the proxy passes on.
  if ((origin !== undefined && !ownOrigin) || (foreignSite && !ownOrigin)) {
    throw new ApiError("origin_not_allowed", "A page of another site may not do this with your session.");
  }
};

/**
 * Refuses a WebSocket that a page of another site opens. Clients without `Origin` are not browsers.
 * @throws ApiError origin_not_allowed
 */
export const refuseForeignSocket = (request: IncomingMessage, policy: OriginPolicy): void => {
  const { origin, host } = request.headers;
  if (origin !== undefined && !isOwnOrigin(origin, host, policy)) {
    throw new ApiError("origin_not_allowed", "A page of another site may not open this WebSocket.");
  }
};
