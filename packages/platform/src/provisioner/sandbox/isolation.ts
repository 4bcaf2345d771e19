import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createBubblewrapSandbox, type IdentityMode, lookAtHost } from "./bubblewrap.ts";
import type { Tools } from "./bubblewrap-args.ts";
import type { Cgroups } from "./cgroups.ts";
import { writeConfigFiles } from "./config-files.ts";
import { findProgram } from "./launch.ts";
import { preparePlace, workspacePlace } from "./place.ts";
import { createPlainSandbox } from "./plain.ts";
import type { Sandbox, SandboxSpec } from "./types.ts";
import type { UidRange } from "./uids.ts";

/** How workspaces are kept apart here, and why not better. */
export interface Isolation {
  readonly mode: "bubblewrap" | "plain";
  /** One sentence for an operator. */
  readonly detail: string;
  readonly sandbox: Sandbox;
  /** Users see their id on this machine inside, not the one identity gave them. */
  readonly machineIds: boolean;
}

/** The ids of a user that exists nowhere. */
const probeUser = { username: "probe", uid: 54321, gid: 54321, fullname: "", shell: "/bin/sh" };
const probeTimeoutMs = 10_000;

/** What must work inside: the right ids, a terminal, /proc, a private /tmp, node, and nothing of the server's to see. */
const probeScript = `set -e
test "$(id -u)" = "$1"
: <>/dev/ptmx
test -r /proc/self/stat
echo x > /tmp/probe
echo x > "$HOME/probe"
test ! -e "$2"
/opt/k8shell/bin/node --version >/dev/null
echo works`;

const works = async (
  sandbox: Sandbox,
  options: { hostUid: number | undefined; insideUid: number; invisible: string },
): Promise<{ ok: boolean; reason: string }> => {
  const directory = await mkdtemp(join(tmpdir(), "k8shell-probe-"));
  const place = workspacePlace(directory);
  const spec: SandboxSpec = {
    name: "probe",
    instance: "probe",
    hostname: "probe",
    user: probeUser,
    hostUid: options.hostUid,
    place,
    storages: [],
    limits: {},
  };
  let stderr = "";
  try {
    await preparePlace(place, options.hostUid, []);
    await writeConfigFiles(spec, { ids: { uid: options.insideUid, gid: options.insideUid }, secrets: {} });
    const result = await sandbox.runOnce(
      spec,
      ["sh", "-c", probeScript, "sh", String(options.insideUid), options.invisible],
      {
        env: { HOME: "/home/probe" },
        signal: AbortSignal.timeout(probeTimeoutMs),
        onStderr: (text) => {
          stderr += text;
        },
      },
    );
    return {
      ok: result.code === 0 && result.stdout.trim() === "works",
      reason: stderr.trim().split("\n")[0] ?? "",
    };
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : "failed" };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
};

const details: Record<IdentityMode, string> = {
  mapped: "bubblewrap, each workspace with a user of its own on this machine",
  own: "bubblewrap, each workspace with a user of its own on this machine (the kernel refuses nested user namespaces)",
  shared: "bubblewrap; workspaces run as the server's user",
};

/**
 * Tries bubblewrap for real and falls back to plain processes.
 * @param dataDir the server's data directory, which no workspace may see
 * @param plain use plain processes even where bubblewrap works
 */
export const chooseIsolation = async (options: {
  dataDir: string;
  tools: Tools;
  cgroups: Cgroups | undefined;
  uids: UidRange | undefined;
  plain?: boolean;
}): Promise<Isolation> => {
  const { dataDir, tools, cgroups, uids } = options;
  const limits = cgroups ? `limits by ${cgroups.detail}` : "CPU and memory limits are not enforced";
  const plain = (reason: string): Isolation => ({
    mode: "plain",
    detail: uids
      ? `plain processes (${reason}): each workspace has a user of its own, but sees this machine's files and processes; ${limits}`
      : `plain processes (${reason}): workspaces are NOT protected from each other, nor the server from them; ${limits}`,
    sandbox: createPlainSandbox({ tools, cgroups, ownUsers: uids !== undefined }),
    machineIds: uids !== undefined,
  });
  if (options.plain) return plain("as configured");
  const file = await findProgram("bwrap");
  if (file === undefined) return plain("bubblewrap is not installed");
  const view = await lookAtHost([dataDir]);
  const modes: readonly IdentityMode[] = uids ? ["mapped", "own"] : ["shared"];
  let reason = "";
  for (const identity of modes) {
    const sandbox = createBubblewrapSandbox({ file, identity, view, tools, cgroups });
    const insideUid = identity === "own" ? (uids?.first ?? 0) : probeUser.uid;
    const result = await works(sandbox, { hostUid: uids?.first, insideUid, invisible: dataDir });
    if (result.ok)
      return {
        mode: "bubblewrap",
        detail: `${details[identity]}; ${limits}`,
        sandbox,
        machineIds: identity === "own",
      };
    reason = result.reason;
  }
  return plain(`bubblewrap does not work here${reason === "" ? "" : `: ${reason}`}`);
};
