import { type RecordingJson, routes } from "@k8shell/contract";
import type { Session } from "@k8shell/contract/gen/session/v1/session_pb.js";
import type { Backends, RecordingInfo, RecordingReader } from "../backends/backends.ts";
import { sendBody } from "../files/body-stream.ts";
import { parseRange } from "../files/byte-range.ts";
import { attachment } from "../files/content-disposition.ts";
import { ApiError } from "../http/api-error.ts";
import { type BoundRoute, bind, type HandlerResult, handled, json, noContent } from "../http/handler.ts";
import { createFindSessions, type SessionList } from "./find-sessions.ts";
import { listRestriction } from "./obligations.ts";

export interface RecordingRoutesDeps {
  readonly backends: Pick<Backends, "session" | "recordings">;
}

/** Recordings that are looked at together. */
const batch = 16;

const toJson = (session: Session, info: RecordingInfo): RecordingJson => ({
  sessionID: session.sessionId,
  username: session.username,
  workspace: session.workspace,
  kind: info.kind,
  width: info.width,
  height: info.height,
  startedAt: new Date(info.startedAt).toISOString(),
  durationMs: info.durationMs,
  size: info.size,
  active: info.active,
  cast: `/api/v1/recordings/${encodeURIComponent(session.sessionId)}/cast`,
});

/** Recordings of terminals: whoever may see a session's record may see its recording. */
export const recordingRoutes = ({ backends }: RecordingRoutesDeps): BoundRoute[] => {
  const findSessions = createFindSessions(backends.session);

  const reader = (): RecordingReader => {
    if (backends.recordings) return backends.recordings;
    throw new ApiError(
      "not_implemented",
      "The Session service is remote, and gives no recordings back: they are files on its volume.",
    );
  };
  const notFound = () => new ApiError("not_found", "There is no such session, or it was not recorded.");

  const find = async (
    id: string,
    obligations: SessionList["obligations"],
  ): Promise<{ session: Session; info: RecordingInfo }> => {
    const recordings = reader();
    const target = { username: undefined };
    const [session] = await findSessions({ target, query: { session_id: id }, obligations });
    const info = session && (await recordings.info(session.username, session.sessionId));
    if (!session || !info) throw notFound();
    return { session, info };
  };

  return [
    bind(routes.listRecordings, async (context) => {
      const recordings = reader();
      const sessions = await findSessions(context);
      const found: RecordingJson[] = [];
      for (let start = 0; start < sessions.length; start += batch) {
        const infos = await Promise.all(
          sessions.slice(start, start + batch).map(async (session) => {
            const info = await recordings.info(session.username, session.sessionId);
            return info && toJson(session, info);
          }),
        );
        found.push(...infos.filter((info) => info !== undefined));
      }
      return json(200, found);
    }),

    bind(routes.getRecording, async ({ params, obligations }) => {
      const { session, info } = await find(params.session_id, obligations);
      return json(200, toJson(session, info));
    }),

    bind(routes.downloadRecording, async (context): Promise<HandlerResult> => {
      const { session, info } = await find(context.params.session_id, context.obligations);
      const range = parseRange(context.request.headers.range, info.size);
      if (range === "unsatisfiable") {
        throw new ApiError("range_not_satisfiable", `The recording has ${info.size} bytes.`, {
          headers: { "content-range": `bytes */${info.size}` },
        });
      }
      const { first, last } = range === "whole" ? { first: 0, last: info.size - 1 } : range;
      const content = await reader().read(session.username, session.sessionId, { start: first, end: last });
      if (!content) throw notFound();
      const { raw } = context.reply;
      raw.writeHead(range === "whole" ? 200 : 206, {
        "content-type": "application/x-asciicast",
        "content-length": String(last - first + 1),
        "content-disposition": attachment(`${session.sessionId}.cast`),
        "accept-ranges": "bytes",
        "cache-control": "private, no-cache",
        "x-content-type-options": "nosniff",
        "content-security-policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
        "x-request-id": context.requestId,
        ...(range === "whole" ? {} : { "content-range": `bytes ${first}-${last}/${info.size}` }),
      });
      if (context.request.method === "HEAD") raw.end();
      else await sendBody(raw, content);
      return handled;
    }),

    bind(routes.deleteRecording, async ({ params, obligations, log, principal }) => {
      const { username, org, roles } = listRestriction(obligations);
      if (username !== undefined || org !== undefined || roles !== undefined) {
        throw new ApiError("forbidden", "Only who may list everybody's sessions may delete recordings.");
      }
      const { session, info } = await find(params.session_id, obligations);
      if (info.active) throw new ApiError("conflict", "The recording is being made: end its session first.");
      await reader().delete(session.username, session.sessionId);
      log.info({ session: session.sessionId, by: principal.username }, "recording deleted");
      return noContent();
    }),
  ];
};
