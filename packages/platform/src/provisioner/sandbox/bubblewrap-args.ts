import type { CgroupMount } from "./cgroups.ts";
import type { InsidePaths, SandboxSpec } from "./types.ts";

/** What a machine offers to every sandbox; found out once. */
export interface HostView {
  /** Top-level system directories: a symbolic link is repeated, a directory is shown read-only. */
  readonly system: ReadonlyArray<{ readonly path: string; readonly link?: string }>;
  /** Entries of /etc that programs need and that hold no secret. */
  readonly etc: readonly string[];
  /** Directories below the system ones that must not be seen: the server's own data. */
  readonly hidden: readonly string[];
}

/** The programs every workspace gets besides the system's. */
export interface Tools {
  /** The node binary. */
  readonly node: string;
  /** Directory of the daemon's bundle. */
  readonly dist: string;
  /** File name of the daemon's program within `dist`. */
  readonly entry: string;
  /** Executables of `dist` that belong in PATH, by name. */
  readonly bin: ReadonlyArray<{ readonly name: string; readonly path: string }>;
}

const root = "/opt/k8shell";
const configDirectory = "/etc/k8shell";
const runDirectory = "/run/k8shell";
const stateDirectory = "/var/lib/k8shell";

/** Fixed places inside every bubblewrap sandbox. */
export const insideBubblewrap = (spec: SandboxSpec, tools: Tools): InsidePaths => ({
  home: `/home/${spec.user.username}`,
  config: configDirectory,
  socket: `${runDirectory}/daemon.sock`,
  state: stateDirectory,
  bin: `${root}/bin`,
  node: `${root}/bin/node`,
  entry: `${root}/dist/${tools.entry}`,
});

/**
 * Flags of the Node that runs a daemon. There is one for each workspace, mostly idle: a small young generation and one
 * helper thread save a tenth of its memory.
 */
export const daemonFlags: readonly string[] = ["--max-semi-space-size=1", "--v8-pool-size=1"];

/** Entries of /etc shown when they exist. Not among them: shadow, ssh host keys, service configuration. */
export const sharedEtc = [
  "alternatives",
  "bash.bashrc",
  "bash_completion.d",
  "ca-certificates",
  "ca-certificates.conf",
  "crypto-policies",
  "debian_version",
  "fonts",
  "gai.conf",
  "host.conf",
  "inputrc",
  "ld.so.cache",
  "ld.so.conf",
  "ld.so.conf.d",
  "locale.alias",
  "locale.conf",
  "localtime",
  "lsb-release",
  "magic",
  "mime.types",
  "nanorc",
  "nsswitch.conf",
  "os-release",
  "perl",
  "pki",
  "profile.d",
  "protocols",
  "python3",
  "rpc",
  "screenrc",
  "services",
  "shells",
  "ssl",
  "terminfo",
  "timezone",
  "tmux.conf",
  "vim",
  "wgetrc",
  "zsh",
] as const;

const directory = (path: string): string[] => ["--perms", "0755", "--dir", path];

/** The directories above `path`, outermost first: bubblewrap would make them for its owner only. */
const parents = (path: string): string[] => {
  const parts = path.split("/").slice(1, -1);
  return parts.flatMap((_, index) => directory(`/${parts.slice(0, index + 1).join("/")}`));
};

/**
 * Arguments of bubblewrap up to the command: a file system of its own with the system read-only, own users, processes,
 * IPC and host name. The network is the machine's.
 * @param identity inside ids given by bubblewrap itself; absent when the command changes them
 * @param lifetime `detached` outlives the server, `server` ends with it
 */
export const bubblewrapArguments = (options: {
  spec: SandboxSpec;
  view: HostView;
  tools: Tools;
  cgroups: readonly CgroupMount[];
  identity: { uid: number; gid: number } | undefined;
  lifetime: "detached" | "server";
}): string[] => {
  const { spec, view, tools, cgroups, identity, lifetime } = options;
  const { place } = spec;
  const inside = insideBubblewrap(spec, tools);
  const storages = [...spec.storages].sort((a, b) => a.target.length - b.target.length);
  const identityArguments = identity
    ? ["--unshare-user", "--uid", String(identity.uid), "--gid", String(identity.gid)]
    : [];
  return [
    ...identityArguments,
    "--unshare-pid",
    "--unshare-ipc",
    "--unshare-uts",
    "--unshare-cgroup-try",
    "--new-session",
    ...(lifetime === "server" ? ["--die-with-parent"] : []),
    "--hostname",
    spec.hostname,
    ...view.system.flatMap(({ path, link }) =>
      link === undefined ? ["--ro-bind", path, path] : ["--symlink", link, path],
    ),
    ...view.hidden.flatMap((path) => ["--perms", "0000", "--tmpfs", path]),
    "--proc",
    "/proc",
    "--dev",
    "/dev",
    "--perms",
    "1777",
    "--tmpfs",
    "/dev/shm",
    ...directory("/etc"),
    ...view.etc.flatMap((name) => ["--ro-bind-try", `/etc/${name}`, `/etc/${name}`]),
    ...["passwd", "group", "hosts", "hostname", "profile"].flatMap((name) => [
      "--ro-bind",
      `${place.config}/${name}`,
      `/etc/${name}`,
    ]),
    "--ro-bind-try",
    "/etc/resolv.conf",
    "/etc/resolv.conf",
    "--ro-bind",
    place.config,
    configDirectory,
    ...["/home", "/opt", root, `${root}/bin`, "/run", "/run/secrets", "/srv", "/mnt"].flatMap(directory),
    ...["/var", "/var/lib", "/var/log"].flatMap(directory),
    "--symlink",
    "../run",
    "/var/run",
    "--bind",
    place.tmp,
    "/tmp",
    "--symlink",
    "../tmp",
    "/var/tmp",
    "--ro-bind-try",
    `${place.config}/pat`,
    "/run/secrets/k8shell-pat",
    "--bind",
    place.run,
    runDirectory,
    "--bind",
    place.state,
    stateDirectory,
    "--ro-bind",
    tools.dist,
    `${root}/dist`,
    "--ro-bind",
    tools.node,
    inside.node,
    ...tools.bin.flatMap(({ name }) => ["--symlink", `../dist/bin/${name}`, `${root}/bin/${name}`]),
    "--bind",
    place.home,
    inside.home,
    ...storages.flatMap(({ source, target }) => [...parents(target), "--bind", source, target]),
    ...(cgroups.length > 0
      ? [...directory("/sys"), ...directory("/sys/fs"), ...directory("/sys/fs/cgroup")]
      : []),
    ...cgroups.flatMap(({ source, target }) => ["--ro-bind", source, target]),
    "--remount-ro",
    "/",
    "--chdir",
    inside.home,
  ];
};

/**
 * Command prefix that gives up root inside the sandbox and becomes the workspace's user: `hostUid` on the machine,
 * and, when the kernel allows a further user namespace, the user's own ids inside.
 */
export const becomeUser = (options: {
  hostUid: number;
  inner: { uid: number; gid: number } | undefined;
}): string[] => {
  const { hostUid, inner } = options;
  return [
    "setpriv",
    `--reuid=${hostUid}`,
    `--regid=${hostUid}`,
    "--clear-groups",
    "--inh-caps=-all",
    "--bounding-set=-all",
    "--",
    ...(inner ? ["unshare", "--user", `--map-user=${inner.uid}`, `--map-group=${inner.gid}`, "--"] : []),
  ];
};
