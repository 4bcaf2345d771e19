import type { Asking, FollowedRoute } from "../events/query-table.ts";
import { ApiError } from "./api-error.ts";
import { compileGuard } from "./guard.ts";
import { type BoundRoute, type HandlerResult, handled, type SubscriptionSide } from "./handler.ts";
import type { PipelineDeps } from "./pipeline.ts";

const nothingWritten: SubscriptionSide["traffic"] = Object.freeze({ bytesRead: 0, bytesWritten: 0 });

/** There is no HTTP answer to write to. */
const noReply = {
  get raw(): never {
    throw new Error("a route that is followed over the event socket wrote to an HTTP response");
  },
};

/** A route as the event socket asks it: through the same guard as a request. */
export const compileFollowed = (bound: BoundRoute, deps: PipelineDeps): FollowedRoute => {
  const { spec } = bound;
  const guard = compileGuard(bound, deps);

  const run = (asking: Asking, subscription: SubscriptionSide, headers: Readonly<Record<string, string>>) =>
    guard({
      request: {
        id: asking.requestId,
        raw: asking.opening,
        method: "GET",
        headers,
        params: asking.params,
        query: asking.search,
      },
      reply: noReply,
      principal: asking.principal,
      upgrade: undefined,
      authorize: deps.authorize,
      acceptBody: () => undefined,
      subscription,
    });

  return {
    spec,
    async ask(asking) {
      const side: SubscriptionSide = {
        signal: asking.signal,
        traffic: nothingWritten,
        openText() {
          throw new ApiError("bad_request", 'This answers with a stream: subscribe with mode "stream".');
        },
      };
      const result: HandlerResult = await run(asking, side, {});
      if (result === handled || result.status !== 200 || result.body === undefined) {
        throw new Error(`${spec.operationId} was followed and did not answer with JSON`);
      }
      return JSON.stringify(result.body);
    },
    async stream({ lastEventId, side, ...asking }) {
      const result = await run(asking, side, {
        ...(spec.follow === "event-stream" ? { accept: "text/event-stream" } : {}),
        ...(lastEventId === undefined ? {} : { "last-event-id": lastEventId }),
      });
      if (result !== handled) throw new Error(`${spec.operationId} was followed and did not stream`);
    },
  };
};
