import type { EventsClientMessage } from "@k8shell/contract";
import { z } from "zod";

/** Largest message of a client, bytes. */
export const maxMessageBytes = 16_384;

const id = z.string().min(1).max(64);

const message = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("subscribe"),
    id,
    path: z.string().startsWith("/").max(4_096),
    mode: z.enum(["state", "stream"]).optional(),
    etag: z.string().max(128).optional(),
    lastEventId: z.string().max(64).optional(),
  }),
  z.object({ type: z.literal("unsubscribe"), id }),
  z.object({ type: z.literal("ack"), id, seq: z.number().int().min(1) }),
]);

/** Reads a message; undefined when it is none of the protocol. */
export const readClientMessage = (text: string): EventsClientMessage | undefined => {
  try {
    return message.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
};
