import { join } from "node:path";
import { eventually, lastStatus, type Platform, provision, run } from "./platform.ts";

/** What two workspaces of two users could see and do of each other and of the server. */
export interface Isolated {
  readonly mode: string;
  readonly detail: string;
  readonly statuses: ReadonlyArray<string | undefined>;
  /** `id -u` inside, and the owner of its daemon on the machine. */
  readonly ids: ReadonlyArray<{ inside: string; outside: number | undefined }>;
  /** Output of what must not work, by what it tried. */
  readonly attempts: Readonly<Record<string, { code: number; output: string }>>;
  /** Whether the other's process was there before and after it was to be killed. */
  readonly victimAlive: readonly [boolean, boolean];
  /** Output of what must work. */
  readonly jobControl: string;
  /** Processes left after everything was stopped. */
  readonly left: readonly number[];
}

export interface ScenarioTools {
  /** Ids of processes on the machine whose command line or environment holds `text`. */
  readonly find: (text: string) => number[];
  readonly ownerOf: (pid: number) => number | undefined;
}

/** Provisions a workspace each for alice and bob and has alice try what she must not. */
export const tryToEscape = async (
  platform: Platform,
  { find, ownerOf }: ScenarioTools,
): Promise<Isolated> => {
  const alice = await provision(platform, "alice~dev");
  const bob = await provision(platform, "bob~dev");
  const marker = `86${process.pid}.25`;
  const attempt = (command: string) => run(platform, alice.workspace, command);

  const statuses = [lastStatus(alice), lastStatus(bob)];
  const victim = run(platform, bob.workspace, `exec sleep ${marker}`).catch(() => undefined);
  const pid = await eventually(() => find(`sleep\0${marker}`)[0]);
  const bobDirectory = join(platform.dataDir, "workspaces", bob.workspace);
  const probe = async (workspace: string) => {
    const { output } = await run(platform, workspace, "id -u");
    return output.trim();
  };
  const ids = [
    { inside: await probe(alice.workspace), outside: undefined },
    { inside: await probe(bob.workspace), outside: ownerOf(pid) },
  ];
  const attempts = {
    "read the server's database": await attempt(`cat ${platform.dataDir}/provisioner.db`),
    "list the server's data": await attempt(`ls ${platform.dataDir}`),
    "read another's home": await attempt(`ls ${bobDirectory}/home /home/bob`),
    "read another's configuration": await attempt(`cat ${bobDirectory}/config/workspaced.json`),
    "read another's environment": await attempt(`cat /proc/${pid}/environ`),
    "signal another's process": await attempt(`kill -9 ${pid}`),
    "find another's process": await attempt(`grep -lz '^[8]${marker.slice(1)}$' /proc/[0-9]*/cmdline`),
    "read the machine's passwords": await attempt("cat /etc/shadow"),
    "change the system": await attempt("touch /usr/bin/intruder"),
    "change its own token": await attempt("echo x > /etc/k8shell/token"),
    "become root": await attempt("su -c id root </dev/null || setpriv --reuid=0 id"),
  };
  const after = find(`sleep\0${marker}`).includes(pid);
  const jobControl = await attempt(
    `script -qec "bash -ic 'sleep 30 & kill %1; wait; echo job \\$?'" /dev/null 2>&1 | tr -d '\\r'`,
  );
  const instances = await Promise.all(
    [alice, bob].map(({ workspace }) =>
      run(platform, workspace, 'printf "K8SHELL_INSTANCE=$K8SHELL_INSTANCE"'),
    ),
  );
  await run(platform, alice.workspace, `(setsid sleep 1${marker} >/dev/null 2>&1 &)`);
  await platform.service.stopAll();
  await victim;
  return {
    mode: platform.service.isolation.mode,
    detail: platform.service.isolation.detail,
    statuses,
    ids,
    attempts,
    victimAlive: [true, after],
    jobControl: jobControl.output,
    left: [...instances.map(({ output }) => output), `sleep\0${marker}`, `sleep\x001${marker}`].flatMap(find),
  };
};
