import { k8shell } from "../app/server.ts";
import { type Cast, type CastEvent, parseEvent, parseHead } from "./cast.ts";

/** A longer recording is shown up to here, bytes: it is held in memory. */
const maxBytes = 64 << 20;

export interface LoadedCast {
  readonly cast: Cast;
  /** Is there more that was not loaded? */
  readonly cut: boolean;
}

/**
 * Loads a recording.
 * @throws K8shellError, and Error when it is not an asciicast v2
 */
export const loadCast = async (session: string, signal: AbortSignal): Promise<LoadedCast> => {
  const response = await k8shell.transport.send({
    method: "GET",
    path: `/api/v1/recordings/${encodeURIComponent(session)}/cast`,
    headers: { accept: "*/*", range: `bytes=0-${maxBytes - 1}` },
    signal,
  });
  const total = Number(/\/(\d+)$/.exec(response.headers.get("content-range") ?? "")?.[1] ?? 0);
  const [head = "", ...lines] = (await response.text()).split("\n");
  const events = lines.map(parseEvent).filter((event): event is CastEvent => event !== undefined);
  return {
    cast: { ...parseHead(head), events, duration: events.at(-1)?.time ?? 0 },
    cut: total > maxBytes,
  };
};
