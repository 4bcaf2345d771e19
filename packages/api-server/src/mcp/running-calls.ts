import { randomUUID } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { z } from "zod";
import type { Revocations } from "../live/revocations.ts";

/** One request of one client, as a cancellation names it. */
export interface CallRef {
  readonly username: string;
  /** `Mcp-Session-Id`: clients count their requests from 0, so that their numbers alone would name those of others too. */
  readonly session: string;
  readonly id: string;
}

/** Requests of the Model Context Protocol that are being answered here. */
export interface RunningCalls {
  /** @returns what to do when the request is answered, and the signal that aborts when its client cancels it */
  begin(call: CallRef): { readonly signal: AbortSignal; done(): void };
  /** Cancels a request, whichever replica answers it. */
  cancel(call: CallRef): Promise<void>;
}

const requestId = z.union([z.number(), z.string().max(128)]);
const sessionId = z.uuid();
const cancellation = z.object({
  method: z.literal("notifications/cancelled"),
  params: z.object({ requestId }),
});
const request = z.object({ method: z.string(), id: requestId });

/** A name for a client's requests, told with the answer to `initialize`. Nothing is kept under it. */
export const newSessionId = (): string => randomUUID();

/** What a message does to calls. */
export type CallMessage =
  | { readonly kind: "begin" | "cancel"; readonly call: CallRef }
  | { readonly kind: "initialize" | "other" };

/** Reads a message of JSON-RPC. Clients that show no session (older ones, other programs) cannot cancel. */
export const callMessage = (username: string, headers: IncomingHttpHeaders, body: unknown): CallMessage => {
  const session = sessionId.safeParse(headers["mcp-session-id"]).data;
  const refOf = (id: string | number): CallRef | undefined =>
    session === undefined ? undefined : { username, session, id: JSON.stringify(id) };
  const cancelled = cancellation.safeParse(body);
  if (cancelled.success) {
    const call = refOf(cancelled.data.params.requestId);
    return call ? { kind: "cancel", call } : { kind: "other" };
  }
  const asked = request.safeParse(body);
  if (!asked.success) return { kind: "other" };
  if (asked.data.method === "initialize") return { kind: "initialize" };
  const call = refOf(asked.data.id);
  return call ? { kind: "begin", call } : { kind: "other" };
};

const keyOf = ({ username, session, id }: CallRef): string => JSON.stringify([username, session, id]);

/**
 * The specification has a cancellation sent as a message of its own, which may reach another replica than the one that
 * answers the request: they are told through the key-value store, as they are of revocations.
 */
export const createRunningCalls = (revocations: Revocations): RunningCalls => {
  const running = new Map<string, AbortController>();
  revocations.onRevocation((what) => {
    if (what.kind === "call") running.get(keyOf(what))?.abort();
  });
  return {
    begin(call) {
      const key = keyOf(call);
      const controller = new AbortController();
      running.set(key, controller);
      return {
        signal: controller.signal,
        done() {
          if (running.get(key) === controller) running.delete(key);
        },
      };
    },
    cancel: (call) => revocations.tell({ kind: "call", ...call }),
  };
};
