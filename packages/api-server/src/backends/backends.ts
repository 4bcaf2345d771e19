import type { AuthzService } from "@k8shell/contract/gen/authz/v1/authz_pb.js";
import type { WorkspaceDetails } from "@k8shell/contract/gen/common/v1/common_pb.js";
import type { IdentityService } from "@k8shell/contract/gen/identity/v1/identity_pb.js";
import type { AppService, SshService, SystemService } from "@k8shell/contract/gen/k8shelld/v1/k8shelld_pb.js";
import type { ProvisionerService } from "@k8shell/contract/gen/provisioner/v1/provisioner_pb.js";
import type { RecordingService, SessionService } from "@k8shell/contract/gen/session/v1/session_pb.js";
import type { Client } from "@k8shell/rpc";
import type { OpenExec } from "./exec-stream.ts";
import type { OpenForward } from "./port-forward.ts";
import type { OpenSftpCall } from "./sftp-stream.ts";
import type { OpenShellStream } from "./shell-stream.ts";

/** The daemon of one workspace. */
export interface WorkspaceClient {
  readonly system: Client<typeof SystemService>;
  readonly ssh: Client<typeof SshService>;
  readonly apps: Client<typeof AppService>;
  /** One TCP connection inside the workspace. */
  readonly forward: OpenForward;
  /** One command. */
  readonly exec: OpenExec;
  readonly sftp: OpenSftpCall;
  /** One attachment to a shell, new or detached. */
  readonly shell: OpenShellStream;
}

/** One cached channel per workspace. */
export interface WorkspaceConnector {
  /**
   * The daemon of a running workspace; connects on first use and again when its address changed.
   * @throws ApiError workspace_not_running (409) when the workspace has no address
   */
  connect(workspace: WorkspaceDetails): WorkspaceClient;
  /** Kept channels. */
  readonly size: number;
  close(): Promise<void>;
}

/** What is known of a recording. */
export interface RecordingInfo {
  readonly kind: "shell" | "exec";
  /** Columns and rows at the beginning. */
  readonly width: number;
  readonly height: number;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly durationMs: number;
  /** Bytes of the asciicast. */
  readonly size: number;
  /** Is it being made now? */
  readonly active: boolean;
}

/** Gives recordings back, by the user and the id of their session. */
export interface RecordingReader {
  info(username: string, sessionId: string): Promise<RecordingInfo | undefined>;
  /** Bytes `start` to `end`, inclusive, of the asciicast. */
  read(
    username: string,
    sessionId: string,
    range: { readonly start: number; readonly end: number },
  ): Promise<AsyncIterable<Uint8Array> | undefined>;
  delete(username: string, sessionId: string): Promise<boolean>;
}

/** Every service behind the gateway, wherever it lives. */
export interface Backends {
  readonly identity: Client<typeof IdentityService>;
  /** Absent: policy is disabled by the configuration; then every authenticated caller passes policy. */
  readonly authz: Client<typeof AuthzService> | undefined;
  readonly session: Client<typeof SessionService>;
  /** Takes recordings; lives where Session does. */
  readonly recording: Client<typeof RecordingService>;
  /** Absent: Session is remote, and no rpc gives recordings back (grpc-behaviour section 7). */
  readonly recordings: RecordingReader | undefined;
  readonly provisioner: Client<typeof ProvisionerService>;
  readonly workspaces: WorkspaceConnector;
}
