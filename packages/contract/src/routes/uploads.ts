import { z } from "zod";
import { route } from "../route.ts";
import { executable, name, uploadState } from "../schemas/index.ts";
import { actions } from "./actions.ts";

const tag = "Files";
const params = z.object({ name });
const path = z.string().min(1).max(4096).describe("Where the file will be.");
const uploadParams = z.object({
  name,
  upload: z
    .string()
    .regex(/^[0-9a-f]{32}$/, "must be the id of an upload")
    .describe("From the upload's address."),
});

const common = {
  404: "no such workspace or upload; uploads end and expire",
  409: "the workspace is not running, or the path is in another state",
  429: "too many transfers of this workspace at once",
  502: "the workspace cannot be reached",
};
const tooLarge = "the file is larger than the caller may upload";

export const uploadRoutes = {
  describeUploads: route({
    method: "OPTIONS",
    path: "/workspaces/:name/files/uploads",
    operationId: "describeUploads",
    tag,
    summary: "Tell which parts of the tus protocol are spoken",
    permission: { kind: "public", why: "says the same of every workspace, existing or not" },
    params,
    responses: { 204: "none" },
  }),
  createUpload: route({
    method: "POST",
    path: "/workspaces/:name/files/uploads",
    operationId: "createUpload",
    tag,
    summary: "Begin a resumable upload",
    description:
      "The tus protocol 1.0 (https://tus.io), with its extensions creation, creation-with-upload, " +
      "creation-defer-length, expiration, termination and checksum. `If-Match` and `If-None-Match` hold when the upload " +
      "begins and again when it ends. The file appears at its path when the last byte has arrived.",
    permission: actions.filesUpload,
    params,
    query: z.object({ path, executable }),
    body: "bytes",
    responses: { 201: "none" },
    errors: {
      ...common,
      404: "no such workspace or parent directory",
      412: "a condition does not hold, or another version of the protocol is spoken",
      413: tooLarge,
      507: "the disk is full",
    },
  }),
  getUpload: route({
    method: "GET",
    path: "/workspaces/:name/files/uploads/:upload",
    operationId: "getUpload",
    tag,
    summary: "Tell how much of a resumable upload has arrived",
    description:
      "HEAD answers with the headers of the tus protocol. A part that is under way is ended by the question.",
    permission: actions.filesResume,
    params: uploadParams,
    responses: { 200: uploadState },
    errors: common,
  }),
  continueUpload: route({
    method: "PATCH",
    path: "/workspaces/:name/files/uploads/:upload",
    operationId: "continueUpload",
    tag,
    summary: "Send a part of a resumable upload",
    permission: actions.filesResume,
    params: uploadParams,
    body: "bytes",
    responses: { 204: "none" },
    errors: {
      ...common,
      409: "the offset is not where the upload stands",
      412: "a condition does not hold, or another version of the protocol is spoken",
      413: tooLarge,
      415: "the content type is not application/offset+octet-stream",
      460: "the part does not have the checksum that was sent with it",
      507: "the disk is full",
    },
  }),
  terminateUpload: route({
    method: "DELETE",
    path: "/workspaces/:name/files/uploads/:upload",
    operationId: "terminateUpload",
    tag,
    summary: "Give a resumable upload up",
    permission: actions.filesResume,
    params: uploadParams,
    responses: { 204: "none" },
    errors: common,
  }),
} as const;
