import { z } from "zod";
import { route } from "../route.ts";
import { name } from "../schemas/index.ts";
import { actions } from "./actions.ts";

const tag = "Files";
const params = z.object({ name });
const path = z.string().min(1).max(4096).describe("Absolute, or relative to the home directory.");

export const fileRoutes = {
  downloadFile: route({
    method: "GET",
    path: "/workspaces/:name/files",
    operationId: "downloadFile",
    tag,
    summary: "Download a file, or a directory as an archive",
    description:
      "Ranges and conditional requests are supported for files. A directory is sent as a tar stream when `format=tar` or " +
      "`Accept: application/x-tar` asks for it; entries that cannot be read are named in its last member, " +
      "`<name>.skipped.txt`.",
    permission: actions.filesDownload,
    params,
    query: z.object({
      path,
      format: z.enum(["tar"]).optional().describe("With `tar`, a directory is sent as an archive."),
    }),
    responses: { 200: "bytes", 206: "bytes", 304: "none" },
    errors: {
      404: "no such workspace or file",
      409: "the workspace is not running",
      412: "a condition of the request does not hold",
      416: "the range is outside the file",
      502: "the workspace cannot be reached",
    },
  }),
  uploadFile: route({
    method: "PUT",
    path: "/workspaces/:name/files",
    operationId: "uploadFile",
    tag,
    summary: "Upload a file",
    description:
      "The body is the content, or `multipart/form-data` with one part `file`. The file is replaced in one step when all " +
      "of it has arrived. `If-Match` and `If-None-Match` hold without a race.",
    permission: actions.filesUpload,
    params,
    query: z.object({ path }),
    body: "bytes",
    responses: { 201: "none", 204: "none" },
    errors: {
      404: "no such workspace or parent directory",
      409: "the workspace is not running",
      412: "a condition of the request does not hold",
      429: "too many transfers of this workspace at once",
      502: "the workspace cannot be reached",
      507: "the disk is full",
    },
  }),
} as const;
