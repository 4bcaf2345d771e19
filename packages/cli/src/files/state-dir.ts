import { homedir } from "node:os";
import { join } from "node:path";

/** `$XDG_STATE_HOME/k8shell`, or `~/.local/state/k8shell` (XDG Base Directory Specification). */
export const stateDir = (env: Readonly<Record<string, string | undefined>>): string =>
  join(env.XDG_STATE_HOME || join(env.HOME || homedir(), ".local/state"), "k8shell");
