import type { WorkspaceDetails } from "@k8shell/contract/gen/common/v1/common_pb.js";
import { Code, RpcError } from "@k8shell/rpc";
import type { WorkspaceClient } from "../backends/backends.ts";
import type { ListedTerminal } from "./dialect.ts";
import type { LiveTerminals } from "./live-terminals.ts";
import type { TerminalHub } from "./terminal-hub.ts";

/** A terminal of a workspace, with what only its daemon knows about a detached one. */
export interface WorkspaceTerminal extends ListedTerminal {
  /** Path of the shell's program; empty when unknown. */
  readonly shell: string;
  /** RFC 3339; empty when it is attached. */
  readonly detachedAt: string;
}

const callMs = 10_000;
/** Detaching is not allowed there, or not known yet. */
const noDetached: ReadonlySet<Code> = new Set([Code.PermissionDenied, Code.Unimplemented]);

/**
 * Lists the terminals of a workspace: those attached to this server, those that other servers have, and the detached
 * ones, which are none where terminals may not detach (grpc-behaviour section 4, "Shell").
 */
export const createTerminalList = ({ hub, live }: { hub: TerminalHub; live: LiveTerminals }) => {
  const detached = async ({ ssh }: WorkspaceClient) => {
    try {
      return (await ssh.listSessions({}, { timeoutMs: callMs })).sessions;
    } catch (error) {
      if (error instanceof RpcError && noDetached.has(error.code)) return [];
      throw error;
    }
  };

  return async (
    workspace: WorkspaceDetails,
    daemon: WorkspaceClient,
  ): Promise<readonly WorkspaceTerminal[]> => {
    const id = `${workspace.namespace}/${workspace.name}`;
    const [sessions, elsewhere] = await Promise.all([detached(daemon), hub.elsewhere(id)]);
    const free = new Set(sessions.map(({ sessionId }) => sessionId));
    const attached = hub.live(id).map(({ shellId, username, attachedAt }): WorkspaceTerminal => {
      const viewers = live.viewersOf(shellId).map((viewer) => ({
        username: viewer.username,
        role: viewer.role(),
      }));
      return {
        terminal: shellId,
        owner: username,
        state: "attached",
        shell: "",
        createdAt: attachedAt,
        detachedAt: "",
        viewers,
      };
    });
    return [
      ...attached,
      ...elsewhere
        .filter(({ shellId }) => !free.has(shellId))
        .map(
          ({ shellId, username, attachedAt }): WorkspaceTerminal => ({
            terminal: shellId,
            owner: username,
            state: "elsewhere",
            shell: "",
            createdAt: attachedAt,
            detachedAt: "",
            viewers: [],
          }),
        ),
      ...sessions.map(
        ({ sessionId, owner, cmdShell, created, detachedAt }): WorkspaceTerminal => ({
          terminal: sessionId,
          owner,
          state: "detached",
          shell: cmdShell,
          createdAt: created,
          detachedAt,
          viewers: [],
        }),
      ),
    ];
  };
};
