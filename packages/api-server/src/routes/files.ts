import { routes } from "@k8shell/contract";
import type { WorkspaceConnector } from "../backends/backends.ts";
import { requestBody } from "../files/body-stream.ts";
import { download } from "../files/download.ts";
import { toFileError } from "../files/file-error.ts";
import { multipartBoundary, multipartFile } from "../files/multipart.ts";
import { openSftp, type SftpSession } from "../files/sftp-over-exec.ts";
import { createTransferSlots } from "../files/transfer-slots.ts";
import { upload } from "../files/upload.ts";
import { parentOf, parseWorkspacePath } from "../files/workspace-path.ts";
import { ApiError } from "../http/api-error.ts";
import { mediaTypeOf } from "../http/body.ts";
import {
  type BoundRoute,
  bind,
  type HandlerResult,
  handled,
  noContent,
  type RequestContext,
} from "../http/handler.ts";

export interface FileRoutesDeps {
  readonly workspaces: WorkspaceConnector;
  /** Milliseconds a workspace may take to open a file (default 15 000). */
  readonly setupMs?: number;
  /** Transfers of one workspace at the same time (default 32). */
  readonly transfersPerWorkspace?: number;
}

interface Transfer extends Pick<SftpSession, "client"> {
  readonly signal: AbortSignal;
  readonly setupSignal: AbortSignal;
}

const accepts = (context: RequestContext, type: string): boolean =>
  (context.request.headers.accept ?? "")
    .split(",")
    .some((range) => range.split(";", 1)[0]?.trim().toLowerCase() === type);

/**
 * `GET`, `HEAD` and `PUT /workspaces/:name/files` (rest-contract 3.3): one SFTP session per transfer, which ends with
 * it. Content is streamed in both directions and never held.
 */
export const fileRoutes = ({
  workspaces,
  setupMs = 15_000,
  transfersPerWorkspace,
}: FileRoutesDeps): BoundRoute[] => {
  const slots = createTransferSlots(transfersPerWorkspace);

  const transfer = async <T>(
    context: RequestContext,
    missing: string,
    run: (transfer: Transfer) => Promise<T>,
  ): Promise<T> => {
    const { workspace } = context.target;
    if (!workspace) throw new Error("the target of a file route is a workspace");
    const daemon = workspaces.connect(workspace);
    const release = slots.take(`${workspace.namespace}/${workspace.name}`);
    const setup = AbortSignal.timeout(setupMs);
    const { signal } = context;
    const session = openSftp(daemon, context.log);
    try {
      return await run({ client: session.client, signal, setupSignal: AbortSignal.any([signal, setup]) });
    } catch (cause) {
      if (cause instanceof ApiError) throw cause;
      if (signal.aborted) throw new ApiError("client_closed_request", "The client has gone.", { cause });
      if (cause === setup.reason) {
        throw new ApiError("timeout", "The workspace did not answer in time.", { cause });
      }
      throw toFileError(cause, missing);
    } finally {
      void session.close().then(release);
    }
  };

  return [
    bind(routes.downloadFile, async (context): Promise<HandlerResult> => {
      const path = parseWorkspacePath(context.query.path);
      await transfer(context, "There is no such file or directory.", (parts) =>
        download({
          ...parts,
          path,
          asArchive: context.query.format === "tar",
          acceptsArchive: accepts(context, "application/x-tar"),
          headOnly: context.request.method === "HEAD",
          headers: context.request.headers,
          response: context.reply.raw,
          requestId: context.requestId,
        }),
      );
      return handled;
    }),

    bind(routes.uploadFile, async (context): Promise<HandlerResult> => {
      const path = parseWorkspacePath(context.query.path);
      const { raw, headers } = context.request;
      const isForm = mediaTypeOf(raw) === "multipart/form-data";
      const boundary = isForm ? multipartBoundary(headers["content-type"] ?? "") : undefined;
      const missing = `There is no directory ${parentOf(path)}: make it first.`;
      const { created, etag } = await transfer(context, missing, (parts) => {
        const body = requestBody(raw);
        const content = boundary === undefined ? body : multipartFile(body, boundary);
        return upload({ ...parts, path, headers, content });
      });
      context.reply.raw.setHeader("etag", etag);
      return created ? { status: 201 } : noContent();
    }),
  ];
};
