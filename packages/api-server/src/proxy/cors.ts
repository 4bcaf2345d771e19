import type { Answer } from "./answer.ts";
import type { RequestHead } from "./head.ts";

/** The answer to a preflight (Fetch standard, "CORS-preflight fetch") from an origin that the port's policy allows. */
export const preflightAnswer = (head: RequestHead, origin: string): Answer => {
  const asked = head.fields.find(({ name }) => name === "access-control-request-headers")?.value;
  return {
    status: 204,
    headers: [
      ["access-control-allow-origin", origin],
      ["access-control-allow-credentials", "true"],
      ["access-control-allow-methods", "GET, HEAD, POST, PUT, PATCH, DELETE"],
      ...(asked === undefined ? [] : ([["access-control-allow-headers", asked]] as const)),
      ["access-control-max-age", "600"],
      ["vary", "Origin"],
    ],
  };
};
