import type { IncomingMessage } from "node:http";

/** Path without the query: login callbacks carry codes in theirs. */
export const pathOf = (request: IncomingMessage): string => (request.url ?? "").split("?", 1)[0] ?? "";
