import { actions, routes } from "@k8shell/contract";
import type { ArchiveFormat } from "../files/archive-format.ts";
import { requestBody } from "../files/body-stream.ts";
import { confirmPaths } from "../files/confirm-paths.ts";
import { parseContentDigest, verified } from "../files/content-digest.ts";
import { listDirectory } from "../files/directory-listing.ts";
import { download } from "../files/download.ts";
import {
  entryPath,
  futurePath,
  makeDirectory,
  move,
  remove,
  stat,
  targetPath,
} from "../files/file-operations.ts";
import { multipartBoundary, multipartFile } from "../files/multipart.ts";
import { createTar } from "../files/tar.ts";
import { upload } from "../files/upload.ts";
import { limited, refuseLarge, type UploadLimits, uploadLimitOf } from "../files/upload-limit.ts";
import { parentOf, parseWorkspacePath } from "../files/workspace-path.ts";
import type { WithSession } from "../files/workspace-session.ts";
import { createZip } from "../files/zip.ts";
import { ApiError } from "../http/api-error.ts";
import { mediaTypeOf } from "../http/body.ts";
import {
  type BoundRoute,
  bind,
  type HandlerResult,
  handled,
  json,
  noContent,
  type RequestContext,
} from "../http/handler.ts";

export interface FileRoutesDeps {
  readonly withSession: WithSession;
  /** How large uploads may be (default: no limit). */
  readonly limits?: UploadLimits | undefined;
}

const formats: Readonly<Record<"tar" | "zip", () => ArchiveFormat>> = { tar: createTar, zip: createZip };

const accepts = (context: RequestContext, type: string): boolean =>
  (context.request.headers.accept ?? "")
    .split(",")
    .some((range) => range.split(";", 1)[0]?.trim().toLowerCase() === type);

/** The archive a directory is sent as when only the Accept header asks for one. */
const acceptedArchive = (context: RequestContext): (() => ArchiveFormat) | undefined =>
  accepts(context, "application/x-tar")
    ? formats.tar
    : accepts(context, "application/zip")
      ? formats.zip
      : undefined;

const nothingThere = "There is no such file or directory.";
const noParent = (path: string) => `There is no directory ${parentOf(path)}: make it first.`;

/**
 * The files of a workspace (rest-contract 3.3): one SFTP session per request, which ends with it. Content is streamed
 * in both directions and never held.
 */
export const fileRoutes = ({ withSession, limits = {} }: FileRoutesDeps): BoundRoute[] => [
  bind(routes.downloadFile, async (context): Promise<HandlerResult> => {
    const { format } = context.query;
    const path = parseWorkspacePath(context.query.path);
    await withSession(context, nothingThere, async ({ client, signal, setupSignal }) => {
      const real = { path: await targetPath(client, path, setupSignal) };
      await confirmPaths(context, actions.filesDownload, { path }, real);
      await download({
        client,
        signal,
        setupSignal,
        path,
        archive: format === undefined ? undefined : formats[format],
        directoryArchive: acceptedArchive(context),
        headOnly: context.request.method === "HEAD",
        headers: context.request.headers,
        response: context.reply.raw,
        requestId: context.requestId,
      });
    });
    return handled;
  }),

  bind(routes.uploadFile, async (context): Promise<HandlerResult> => {
    const { executable = false } = context.query;
    const path = parseWorkspacePath(context.query.path);
    const { raw, headers } = context.request;
    const isForm = mediaTypeOf(raw) === "multipart/form-data";
    const boundary = isForm ? multipartBoundary(headers["content-type"] ?? "") : undefined;
    const digest = parseContentDigest(headers["content-digest"]);
    const limit = uploadLimitOf(limits, context.principal.roles);
    refuseLarge(headers, limit, isForm);
    const mismatch = () =>
      new ApiError("digest_mismatch", "The body is not what Content-Digest says; nothing was stored.");

    const open = () => {
      context.acceptBody();
      const body = requestBody(raw);
      const checked = digest ? verified(body, digest, mismatch) : body;
      const content = boundary === undefined ? checked : multipartFile(checked, boundary);
      return limit === Number.POSITIVE_INFINITY ? content : limited(content, limit);
    };
    const { created, etag } = await withSession(context, noParent(path), async (session) => {
      const { client, signal, setupSignal } = session;
      const real = { path: await targetPath(client, path, setupSignal) };
      await confirmPaths(context, actions.filesUpload, { path }, real);
      return upload({ client, signal, setupSignal, path, executable, headers, open });
    });
    context.reply.raw.setHeader("etag", etag);
    return created ? { status: 201 } : noContent();
  }),

  bind(routes.deleteFile, async (context): Promise<HandlerResult> => {
    const { recursive = false } = context.query;
    const path = parseWorkspacePath(context.query.path);
    await withSession(context, nothingThere, async ({ client, signal, setupSignal }) => {
      const real = { path: await entryPath(client, path, setupSignal) };
      await confirmPaths(context, actions.filesDelete, { path }, real);
      await remove({ client, path, signal }, recursive);
    });
    return noContent();
  }),

  bind(routes.listFiles, async (context): Promise<HandlerResult> => {
    const { hidden = false } = context.query;
    const path = parseWorkspacePath(context.query.path);
    const list = await withSession(context, nothingThere, async ({ client, signal, setupSignal }) => {
      const real = { path: await client.realpath(path, { signal: setupSignal }) };
      await confirmPaths(context, actions.filesList, { path }, real);
      return listDirectory(client, path, { hidden, signal });
    });
    return json(200, list);
  }),

  bind(routes.statFile, async (context): Promise<HandlerResult> => {
    const { follow = true } = context.query;
    const path = parseWorkspacePath(context.query.path);
    const info = await withSession(context, nothingThere, async ({ client, setupSignal }) => {
      const real = { path: await (follow ? targetPath : entryPath)(client, path, setupSignal) };
      await confirmPaths(context, actions.filesStat, { path }, real);
      return stat({ client, path, signal: setupSignal }, follow);
    });
    return json(200, info);
  }),

  bind(routes.makeDirectory, async (context): Promise<HandlerResult> => {
    const { parents = false } = context.query;
    const path = parseWorkspacePath(context.query.path);
    const made = await withSession(context, noParent(path), async ({ client, signal, setupSignal }) => {
      const real = { path: await (parents ? futurePath : targetPath)(client, path, setupSignal) };
      await confirmPaths(context, actions.filesMkdir, { path }, real);
      return makeDirectory({ client, path, signal }, parents);
    });
    return json(made.created ? 201 : 200, made.info);
  }),

  bind(routes.moveFile, async (context): Promise<HandlerResult> => {
    const { query } = context;
    const from = parseWorkspacePath(query.from);
    const to = parseWorkspacePath(query.to);
    const missing = "There is no such file or directory, or no directory for the new path.";
    const info = await withSession(context, missing, async ({ client, signal, setupSignal }) => {
      const [path, destination] = await Promise.all([
        entryPath(client, from, setupSignal),
        entryPath(client, to, setupSignal),
      ]);
      const written = { path: query.from, destination: query.to };
      await confirmPaths(context, actions.filesMove, written, { path, destination });
      return move({ client, path: from, signal }, to, query.overwrite ?? false);
    });
    return json(200, info);
  }),
];
