import type { ErrorCode } from "@k8shell/contract";
import type { ProvisionWorkspaceResponse } from "@k8shell/contract/gen/provisioner/v1/provisioner_pb.js";
import { ApiError } from "../http/api-error.ts";

/** What a provisioner accepted. */
export interface AcceptedProvision {
  readonly workspace: string;
  /** Empty when the platform keeps no job records. */
  readonly jobId: string;
}

/** A status in the text form in which the provisioner sends it (grpc-behaviour section 5, item 1). */
export interface StatusText {
  readonly code: string;
  readonly description: string;
}

/** Reads `rpc error: code = X desc = Y`, which may be nested: the last of each counts. Undefined for other text. */
export const parseStatusText = (text: string): StatusText | undefined => {
  const desc = text.lastIndexOf("desc = ");
  const code = text.lastIndexOf("code = ", desc < 0 ? undefined : desc);
  const word = code < 0 ? undefined : /^code = (\w+)/.exec(text.slice(code))?.[1];
  if (word === undefined) return undefined;
  return { code: word, description: desc < code ? "" : text.slice(desc + "desc = ".length).trim() };
};

/**
 * What each status means to the client, and whether its description was written for one (grpc-behaviour section 5,
 * item 2; rest-contract section 6, row 21). Internal means a request that could not be carried out: 400.
 */
const statusTable: ReadonlyMap<string, { readonly code: ErrorCode; readonly told: boolean }> = new Map([
  ["InvalidArgument", { code: "bad_request", told: true }],
  ["Internal", { code: "bad_request", told: false }],
  ["Unauthenticated", { code: "unauthenticated", told: false }],
  ["PermissionDenied", { code: "forbidden", told: true }],
  ["NotFound", { code: "not_found", told: true }],
  ["AlreadyExists", { code: "already_exists", told: true }],
  ["FailedPrecondition", { code: "conflict", told: true }],
  ["PreconditionFailed", { code: "conflict", told: true }],
  ["ResourceExhausted", { code: "too_many_requests", told: true }],
  ["Unimplemented", { code: "not_implemented", told: false }],
  ["Unavailable", { code: "unavailable", told: false }],
  ["DeadlineExceeded", { code: "timeout", told: true }],
]);

const generic: Partial<Record<ErrorCode, string>> = {
  bad_request: "The workspace could not be provisioned from this request.",
  not_implemented: "This platform does not support provisioning that way.",
  unavailable: "The provisioner is not available; try again shortly.",
};

const maxDescription = 500;

/** The error of a refused provision. */
export const handshakeError = (text: string): ApiError => {
  const cause = new Error(text);
  const status = parseStatusText(text);
  const row = status && statusTable.get(status.code);
  if (!row) return new ApiError("bad_gateway", "The workspace could not be provisioned.", { cause });
  const description = status.description.replace(/[\u0000-\u001f\u007f]+/g, " ").slice(0, maxDescription);
  const message = row.told && description !== "" ? description : generic[row.code];
  return new ApiError(row.code, message ?? "The workspace could not be provisioned.", { cause });
};

/**
 * Reads the first message of a provision stream. Failures before work begins come in it, on a call that succeeds.
 * @throws ApiError
 */
export const readHandshake = (message: ProvisionWorkspaceResponse | undefined): AcceptedProvision => {
  if (message?.data.case !== "handshake") {
    throw new ApiError("bad_gateway", "The provisioner gave no valid answer.");
  }
  const { workspace, jobid, error } = message.data.value;
  if (error !== "") throw handshakeError(error);
  return { workspace, jobId: jobid };
};
