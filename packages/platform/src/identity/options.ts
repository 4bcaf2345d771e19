import type { Log } from "@k8shell/contract";
import type { AuthzService } from "@k8shell/contract/gen/authz/v1/authz_pb.js";
import type { KvBucket } from "@k8shell/kv";
import type { Client, ServiceRegistration } from "@k8shell/rpc";
import type { PostgresSettings } from "../storage/postgres.ts";
import type { PasswordResetNotifier, PasswordResets } from "./password-resets.ts";
import type { ProviderConfig } from "./providers/config.ts";

export interface IdentityOptions {
  /** Directory of all embedded services; `identity.db` (unless there is a PostgreSQL) and `keys/` are made in it. */
  dataDir: string;
  /** Database that several processes may share; they must have the same keys. */
  postgres?: PostgresSettings;
  /** Directory of the key that signs user tokens and the key that secrets are encrypted with (default `<dataDir>/keys`). */
  keysDir?: string;
  /** Address of the server as users see it, without a trailing slash. Asked when needed: the port may be known late. */
  publicUrl: () => string;
  /** Identity providers besides the local one, which is there unless it is switched off here. */
  providers?: readonly ProviderConfig[];
  /** The bucket `password-lockouts`. */
  lockouts: KvBucket;
  log: Log;
  /** Claim `iss` of user tokens (default `identity.k8shell`). */
  issuer?: string;
  /** Claim `aud` of user tokens (default `k8shell`). */
  audience?: string;
  /** Seconds a user token is good for (default 3600). */
  tokenLifetimeSeconds?: number;
  /** Asked before sign-ins and token creation in a browser; absent: these are allowed. Called late: Authz starts after Identity. */
  authz?: () => Client<typeof AuthzService> | undefined;
  /** Sends password reset links; absent: only administrators can make them. */
  notifyPasswordReset?: PasswordResetNotifier;
  /** Told of each password that was reset by a link, so that its user is signed out everywhere. */
  onPasswordReset?: (username: string) => Promise<void>;
  /** Kubeconfig file for Kubernetes credentials; default: the client's usual search (KUBECONFIG, ~/.kube/config, in-cluster). */
  kubeconfig?: string;
  /** Milliseconds since the epoch (default Date.now). */
  now?: () => number;
}

/** The Identity service with everything its host process needs of it. */
export interface EmbeddedIdentity {
  /** IdentityService, for an in-process channel or a gRPC server. */
  readonly registrations: readonly ServiceRegistration[];
  /** The key user tokens are verified with (ES256): SPKI PEM. */
  readonly publicKeyPem: string;
  /**
   * Makes sure that user `admin` exists (role `admin`) and that `tokenFile` holds a working PAT of theirs with scope `*`
   * (mode 0600, the bare token). A lost or invalid file is renewed.
   */
  bootstrapAdmin(o: { tokenFile: string }): Promise<{ created: boolean }>;
  /**
   * An absolute sign-in address for a user, `<publicUrl>/signin/once?token=…`: single use, 15 minutes.
   * @throws RpcError NotFound
   */
  oneTimeLink(username: string): Promise<string>;
  /** Whether somebody may be deleted, without doing it. @throws RpcError as `deleteUser` would when they are the last administrator */
  requireDeletable(username: string): Promise<void>;
  readonly passwordResets: Pick<PasswordResets, "canNotify" | "request" | "createLink" | "confirm">;
  /** Serves everything under `/signin` (the local provider's pages). */
  readonly signIn: (request: Request) => Promise<Response>;
  /** Stops timers, waits for pending writes and closes the database. */
  close(): Promise<void>;
}
