import { actions, routes, type UploadJson } from "@k8shell/contract";
import { requestBody } from "../files/body-stream.ts";
import { confirmPaths } from "../files/confirm-paths.ts";
import { targetPath } from "../files/file-operations.ts";
import type { NewPart, ResumableUploads, UploadRef } from "../files/resumable/resumable-uploads.ts";
import {
  byteHeader,
  checksumOf,
  metadataOf,
  newLength,
  partType,
  requireTus,
  tusCapabilities,
  tusVersion,
} from "../files/resumable/tus-headers.ts";
import type { UploadRecord } from "../files/resumable/upload-record.ts";
import { tooLarge, type UploadLimits, uploadLimitOf } from "../files/upload-limit.ts";
import { parentOf, parseWorkspacePath } from "../files/workspace-path.ts";
import type { WithSession, WorkspaceSession } from "../files/workspace-session.ts";
import { ApiError } from "../http/api-error.ts";
import { hasBody, mediaTypeOf } from "../http/body.ts";
import {
  type BoundRoute,
  bind,
  type HandlerResult,
  json,
  noContent,
  type RequestContext,
} from "../http/handler.ts";

export interface UploadRoutesDeps {
  readonly withSession: WithSession;
  readonly uploads: ResumableUploads;
  /** How large uploads may be (default: no limit). */
  readonly limits?: UploadLimits | undefined;
}

const setHeaders = ({ reply }: RequestContext, headers: Readonly<Record<string, string>>): void => {
  for (const [name, value] of Object.entries(headers)) reply.raw.setHeader(name, value);
};

/** The protocol wants its version in every answer, refusals included. */
const speakingTus = async (
  context: RequestContext,
  answer: () => Promise<HandlerResult>,
): Promise<HandlerResult> => {
  try {
    const result = await answer();
    setHeaders(context, { "tus-resumable": tusVersion });
    return result;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    throw new ApiError(error.code, error.message, {
      cause: error.cause,
      headers: { ...error.headers, "tus-resumable": tusVersion },
    });
  }
};

const stateHeaders = ({ offset, etag, expiresAt }: UploadRecord): Record<string, string> => ({
  "upload-offset": String(offset),
  "upload-expires": new Date(expiresAt).toUTCString(),
  ...(etag === null ? {} : { etag }),
});

const toJson = ({ id, path, offset, length, expiresAt }: UploadRecord): UploadJson => ({
  id,
  path,
  offset,
  length,
  expiresAt: new Date(expiresAt).toISOString(),
});

const workspaceKey = ({ target: { workspace } }: RequestContext): string => {
  if (!workspace) throw new Error("the target of an upload route is a workspace");
  return `${workspace.namespace}/${workspace.name}`;
};

/** Resumable uploads by the tus protocol. */
export const uploadRoutes = ({ withSession, uploads, limits = {} }: UploadRoutesDeps): BoundRoute[] => {
  /** What a request carries for `append`. */
  const partOf = (
    context: RequestContext,
    session: WorkspaceSession,
    id: string,
  ): Omit<NewPart, "offset"> => {
    const { raw, headers } = context.request;
    const announced = headers["content-length"];
    return {
      id,
      client: session.client,
      signal: session.signal,
      workspace: workspaceKey(context),
      username: context.principal.username,
      length: byteHeader(headers, "upload-length"),
      limit: uploadLimitOf(limits, context.principal.roles),
      announced: announced === undefined ? undefined : Number(announced),
      checksum: checksumOf(headers),
      open() {
        context.acceptBody();
        return requestBody(raw);
      },
      cancel: () => raw.destroy(),
    };
  };

  /** Runs something on an upload of the caller, after the decision about where it leads. */
  const onUpload = async <T>(
    context: RequestContext,
    id: string,
    run: (ref: UploadRef, session: WorkspaceSession) => Promise<T>,
  ): Promise<T> => {
    const ref = { workspace: workspaceKey(context), username: context.principal.username, id };
    const { destination } = await uploads.find(ref);
    await confirmPaths(context, actions.filesResume, {}, { path: destination });
    return withSession(context, "The directory of the upload is gone.", (session) =>
      run({ ...ref, client: session.client, signal: session.signal }, session),
    );
  };

  return [
    bind(routes.describeUploads, (context) => {
      setHeaders(context, tusCapabilities);
      const limit = uploadLimitOf(limits, []);
      if (limit !== Number.POSITIVE_INFINITY) setHeaders(context, { "tus-max-size": String(limit) });
      return noContent();
    }),

    bind(routes.createUpload, (context) =>
      speakingTus(context, async () => {
        const { headers, raw } = context.request;
        requireTus(headers);
        const path = parseWorkspacePath(context.query.path);
        const length = newLength(headers);
        const metadata = metadataOf(headers);
        const limit = uploadLimitOf(limits, context.principal.roles);
        if ((length ?? 0) > limit) throw tooLarge(limit);
        const withPart = mediaTypeOf(raw) === partType;
        if (!withPart && hasBody(raw)) {
          throw new ApiError("unsupported_media_type", `Send content as ${partType}.`);
        }
        const missing = `There is no directory ${parentOf(path)}: make it first.`;
        const record = await withSession(context, missing, async (session) => {
          const { client, setupSignal } = session;
          const destination = await targetPath(client, path, setupSignal);
          await confirmPaths(context, actions.filesUpload, { path }, { path: destination });
          const created = await uploads.create({
            client,
            path,
            destination,
            executable: context.query.executable ?? false,
            length,
            metadata,
            conditions: headers,
            workspace: workspaceKey(context),
            username: context.principal.username,
            signal: setupSignal,
          });
          return withPart && created.etag === null
            ? uploads.append({ ...partOf(context, session, created.id), offset: 0 })
            : created;
        });
        const name = encodeURIComponent(context.target.workspace?.name ?? "");
        setHeaders(context, {
          ...stateHeaders(record),
          location: `/api/v1/workspaces/${name}/files/uploads/${record.id}`,
        });
        return { status: 201 };
      }),
    ),

    bind(routes.getUpload, (context) => {
      const answer = async () => {
        const record = await onUpload(context, context.params.upload, uploads.settle);
        setHeaders(context, {
          ...stateHeaders(record),
          ...(record.length === null
            ? { "upload-defer-length": "1" }
            : { "upload-length": String(record.length) }),
          ...(record.metadata === "" ? {} : { "upload-metadata": record.metadata }),
        });
        return json(200, toJson(record));
      };
      return speakingTus(context, answer);
    }),

    bind(routes.continueUpload, (context) =>
      speakingTus(context, async () => {
        const { headers, raw } = context.request;
        requireTus(headers);
        if (mediaTypeOf(raw) !== partType) {
          throw new ApiError("unsupported_media_type", `Send the part as ${partType}.`);
        }
        const offset = byteHeader(headers, "upload-offset");
        if (offset === undefined) throw new ApiError("bad_request", "Upload-Offset is missing.");
        const { upload } = context.params;
        const record = await onUpload(context, upload, (_ref, session) =>
          uploads.append({ ...partOf(context, session, upload), offset }),
        );
        setHeaders(context, stateHeaders(record));
        return noContent();
      }),
    ),

    bind(routes.terminateUpload, (context) =>
      speakingTus(context, async () => {
        requireTus(context.request.headers);
        await onUpload(context, context.params.upload, uploads.terminate);
        return noContent();
      }),
    ),
  ];
};
