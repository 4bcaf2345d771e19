import { mkdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { openCgroups } from "./cgroups.ts";
import { chooseIsolation, type Isolation } from "./isolation.ts";
import { sharedDirectory } from "./shared-directory.ts";
import { keepTools } from "./tools.ts";
import { type UidRange, uidRangeOfProcess } from "./uids.ts";

/** How workspaces are run by this server. */
export interface OpenedSandbox extends Isolation {
  /** Ids workspaces get on this machine; undefined: the server's own. */
  readonly uids: UidRange | undefined;
  /** Where new workspaces are put. */
  readonly newLocation: "data" | "shared";
  /** Directory of the workspaces of each location. */
  readonly workspaces: Readonly<Record<"data" | "shared", string>>;
}

/** Whether every directory down to `path` can be passed by any user of this machine. */
const reachableByAll = async (path: string): Promise<boolean> => {
  for (let at = path; ; at = dirname(at)) {
    const found = await stat(at).catch(() => undefined);
    if (found && (found.mode & 0o001) === 0) return false;
    if (at === dirname(at)) return true;
  }
};

/**
 * Finds the best way to run workspaces here. Plain processes with users of their own need directories those users can
 * reach; where there is none, they run as the server's user.
 */
export const openSandbox = async (options: {
  dataDir: string;
  daemon: { node: string; entry: string };
  plain: boolean;
}): Promise<OpenedSandbox> => {
  const { dataDir, daemon } = options;
  const shared = sharedDirectory(dataDir);
  const cgroups = openCgroups();
  const uids = uidRangeOfProcess();
  const workspaces = { data: join(dataDir, "workspaces"), shared: join(shared, "workspaces") };
  const choose = async (place: string, shareNode: boolean, plain: boolean, range: UidRange | undefined) => {
    const tools = await keepTools({ daemon, directory: join(place, "runtime"), shareNode });
    return chooseIsolation({ dataDir, tools, cgroups, uids: range, plain });
  };

  const first = await choose(dataDir, false, options.plain, uids);
  if (first.mode === "bubblewrap" || uids === undefined) {
    return { ...first, uids, newLocation: "data", workspaces };
  }
  const { detail } = first;
  if (await reachableByAll(dataDir)) {
    return { ...(await choose(dataDir, true, true, uids)), detail, uids, newLocation: "data", workspaces };
  }
  try {
    await mkdir(workspaces.shared, { recursive: true, mode: 0o711 });
    if (!(await reachableByAll(workspaces.shared))) throw new Error("not reachable");
    return { ...(await choose(shared, true, true, uids)), detail, uids, newLocation: "shared", workspaces };
  } catch {
    const alone = await choose(dataDir, false, true, undefined);
    return { ...alone, uids: undefined, newLocation: "data", workspaces };
  }
};
