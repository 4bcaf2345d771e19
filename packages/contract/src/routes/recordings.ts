import { z } from "zod";
import { route } from "../route.ts";
import { recording, recordingsQuery } from "../schemas/index.ts";
import { actions } from "./actions.ts";

const tag = "Recordings";
const params = z.object({
  session_id: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, "must be the id of a session")
    .describe("Id of the session that was recorded."),
});
const errors = {
  404: "no such session, or it was not recorded",
  501: "the Session service is remote: its recordings are on its own volume",
};

export const recordingRoutes = {
  listRecordings: route({
    method: "GET",
    path: "/recordings",
    operationId: "listRecordings",
    tag,
    summary: "List recordings of terminals and commands, oldest first",
    permission: actions.sessionList,
    query: recordingsQuery,
    watch: { everySeconds: 5, on: ["live"] },
    workspaceField: "workspace",
    responses: { 200: z.array(recording) },
    errors: { 501: errors[501] },
  }),
  getRecording: route({
    method: "GET",
    path: "/recordings/:session_id",
    operationId: "getRecording",
    tag,
    summary: "Describe the recording of a session",
    permission: actions.sessionQuery,
    params,
    responses: { 200: recording },
    errors,
  }),
  downloadRecording: route({
    method: "GET",
    path: "/recordings/:session_id/cast",
    operationId: "downloadRecording",
    tag,
    summary: "Download a recording as asciicast v2",
    description: "Play it with `asciinema play` or asciinema-player. Ranges are supported.",
    permission: actions.sessionQuery,
    params,
    responses: { 200: "bytes", 206: "bytes" },
    errors: { ...errors, 416: "the range is outside the recording" },
  }),
  deleteRecording: route({
    method: "DELETE",
    path: "/recordings/:session_id",
    operationId: "deleteRecording",
    tag,
    summary: "Delete a recording",
    description:
      "Only for those who may list everybody's sessions: whoever was recorded cannot remove the evidence. Recordings " +
      "are deleted by age anyway.",
    permission: actions.sessionQuery,
    params,
    responses: { 204: "none" },
    errors: { ...errors, 409: "the recording is being made" },
  }),
} as const;
