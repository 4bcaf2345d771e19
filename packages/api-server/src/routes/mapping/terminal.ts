import type { WorkspaceTerminalSessionJson } from "@k8shell/contract";
import type { WorkspaceTerminal } from "../../terminal/list-terminals.ts";
import { unlessEmpty } from "./values.ts";

/** rest-contract 1.3; what is not about a detached terminal is ours. */
export const terminalJson = (terminal: WorkspaceTerminal): WorkspaceTerminalSessionJson => ({
  session_id: terminal.terminal,
  owner: terminal.owner,
  shell: terminal.shell,
  created_at: terminal.createdAt,
  ...unlessEmpty("detached_at", terminal.detachedAt),
  ...(terminal.state === "detached" ? {} : { state: terminal.state, viewers: [...terminal.viewers] }),
});
