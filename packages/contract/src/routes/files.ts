import { z } from "zod";
import { route } from "../route.ts";
import { executable, fileInfo, fileList, flag, name } from "../schemas/index.ts";
import { actions } from "./actions.ts";

const tag = "Files";
const params = z.object({ name });
const path = z.string().min(1).max(4096).describe("Absolute, or relative to the home directory.");

const common = {
  404: "no such workspace or path",
  409: "the workspace is not running, or the path is in another state",
  429: "too many transfers of this workspace at once",
  502: "the workspace cannot be reached",
};
const tooLarge = "the file is larger than the caller may upload";

export const fileRoutes = {
  downloadFile: route({
    method: "GET",
    path: "/workspaces/:name/files",
    operationId: "downloadFile",
    tag,
    summary: "Download a file, or a directory as an archive",
    description:
      "Ranges and conditional requests are supported for files. A directory is sent as a stream when `format` or " +
      "`Accept: application/x-tar` (`application/zip`) asks for it; entries that cannot be read are named in its last " +
      "member, `<name>.skipped.txt`.",
    permission: actions.filesDownload,
    params,
    query: z.object({
      path,
      format: z
        .enum(["tar", "zip"])
        .optional()
        .describe("Send an archive of this kind. Content of a zip is stored, not compressed."),
    }),
    responses: { 200: "bytes", 206: "bytes", 304: "none" },
    errors: {
      ...common,
      412: "a condition of the request does not hold",
      416: "the range is outside the file",
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
      "of it has arrived. `If-Match` and `If-None-Match` hold without a race. With `Content-Digest: sha-256=:…:` " +
      "(RFC 9530) nothing is replaced unless the body has this digest.",
    permission: actions.filesUpload,
    params,
    query: z.object({ path, executable }),
    body: "bytes",
    responses: { 201: "none", 204: "none" },
    errors: {
      ...common,
      404: "no such workspace or parent directory",
      412: "a condition of the request does not hold",
      413: tooLarge,
      507: "the disk is full",
    },
  }),
  deleteFile: route({
    method: "DELETE",
    path: "/workspaces/:name/files",
    operationId: "deleteFile",
    tag,
    summary: "Remove a file, link or directory",
    description: "Links are removed, not followed. The root and the home directory cannot be removed.",
    permission: actions.filesDelete,
    params,
    query: z.object({
      path,
      recursive: flag
        .optional()
        .describe("Remove a directory with everything in it (default: only an empty one)."),
    }),
    responses: { 204: "none" },
    errors: { ...common, 409: "the directory is not empty, or the workspace is not running" },
  }),
  listFiles: route({
    method: "GET",
    path: "/workspaces/:name/files/list",
    operationId: "listFiles",
    tag,
    summary: "List a directory",
    permission: actions.filesList,
    params,
    query: z.object({
      path: path.default("."),
      hidden: flag.optional().describe("Show names that begin with a dot."),
    }),
    responses: { 200: fileList },
    errors: common,
  }),
  statFile: route({
    method: "GET",
    path: "/workspaces/:name/files/stat",
    operationId: "statFile",
    tag,
    summary: "Tell what is at a path",
    permission: actions.filesStat,
    params,
    query: z.object({
      path,
      follow: flag
        .optional()
        .describe("With `false`, a link is described itself (default: what it leads to)."),
    }),
    responses: { 200: fileInfo },
    errors: common,
  }),
  makeDirectory: route({
    method: "POST",
    path: "/workspaces/:name/files/mkdir",
    operationId: "makeDirectory",
    tag,
    summary: "Make a directory",
    permission: actions.filesMkdir,
    params,
    query: z.object({
      path,
      parents: flag
        .optional()
        .describe("Make missing parents too; a directory that exists is no error then."),
    }),
    responses: { 201: fileInfo, 200: fileInfo },
    errors: { ...common, 409: "something is at the path, or the workspace is not running" },
  }),
  moveFile: route({
    method: "POST",
    path: "/workspaces/:name/files/move",
    operationId: "moveFile",
    tag,
    summary: "Move or rename a file, link or directory",
    description: "One step: nobody sees a state between. Not across file systems.",
    permission: actions.filesMove,
    params,
    query: z.object({
      from: path,
      to: path.describe("The new path itself, not the directory to move into."),
      overwrite: flag
        .optional()
        .describe("Replace a file, or an empty directory by a directory (default: 409)."),
    }),
    responses: { 200: fileInfo },
    errors: { ...common, 409: "something is at the new path, or the workspace is not running" },
  }),
} as const;
