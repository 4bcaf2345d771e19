export { type Client, type CreatedWorkspace, createClient } from "./client.ts";
export { K8shellError, type K8shellErrorCode } from "./error.ts";
export type { Download, DownloadOptions, Files, UploadOptions } from "./files.ts";
export type { Operations } from "./gen/operations.ts";
export type * from "./gen/types.ts";
export { type JobResult, type Jobs, jobResult } from "./jobs.ts";
export type { AppLogOptions, Logs, WorkspaceLogOptions } from "./logs.ts";
export type { Api, Call, CallOptions } from "./operations.ts";
export type { RequestOptions, Transport, TransportOptions, TransportRequest } from "./transport.ts";
