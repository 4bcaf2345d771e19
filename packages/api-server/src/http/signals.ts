import type { IncomingMessage, ServerResponse } from "node:http";

/** Abort signals of running requests. */
export interface RequestSignals {
  /**
   * A signal that aborts when the client has gone or the server stops.
   * @param endless the response has no end of its own (an event stream): stopped first
   * @param upgraded the request became a WebSocket: it lives as long as its connection
   */
  of(request: IncomingMessage, response: ServerResponse, endless: boolean, upgraded: boolean): AbortSignal;
  /** Aborts the endless ones. */
  stopEndless(): void;
  /** Aborts all. */
  stopAll(): void;
}

export const createRequestSignals = (): RequestSignals => {
  const running = { endless: new Set<AbortController>(), finite: new Set<AbortController>() };
  let stopping = false;

  const abortAll = (controllers: Set<AbortController>) => {
    for (const controller of controllers) controller.abort();
    controllers.clear();
  };

  return {
    of(request, response, endless, upgraded) {
      const controller = new AbortController();
      const gone = upgraded ? request.socket.destroyed : response.destroyed || response.closed;
      if (gone || (stopping && endless)) {
        controller.abort();
        return controller.signal;
      }
      const set = endless ? running.endless : running.finite;
      set.add(controller);
      (upgraded ? request.socket : response).once("close", () => {
        set.delete(controller);
        if (upgraded || !response.writableFinished) controller.abort();
      });
      return controller.signal;
    },
    stopEndless() {
      stopping = true;
      abortAll(running.endless);
    },
    stopAll() {
      abortAll(running.endless);
      abortAll(running.finite);
    },
  };
};
