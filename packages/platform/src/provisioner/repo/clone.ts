import type { Sandbox, SandboxSpec } from "../sandbox/types.ts";
import type { RepositoryAddress } from "./address.ts";

/** A user's login to a git server. */
export interface GitCredential {
  readonly username: string;
  readonly secret: string;
}

/** A clone that did not succeed. The message is what git said, without secrets. */
export class CloneError extends Error {
  override readonly name = "CloneError";
}

export interface CloneOptions {
  readonly sandbox: Sandbox;
  readonly spec: SandboxSpec;
  readonly address: RepositoryAddress;
  /** Branch, tag or commit; empty: the default branch. Case is not kept by user strings, so it is ignored here. */
  readonly ref: string;
  readonly credential: GitCredential | undefined;
  readonly signal: AbortSignal;
  /** Told of each step. */
  readonly onStep: (message: string) => void;
}

const helper = `!f() { test "$1" = get && printf 'username=%s\\npassword=%s\\n' "$K8SHELL_GIT_USERNAME" "$K8SHELL_GIT_SECRET"; }; f`;

/** The credential is offered to one server only, by a helper that takes it from the environment: not on disk, not in arguments. */
const gitCommand = (origin: string, credential: GitCredential | undefined): string[] => [
  "git",
  "-c",
  "credential.helper=",
  ...(credential ? ["-c", `credential.${origin}.helper=${helper}`] : []),
  "-c",
  "core.askPass=",
  "-c",
  "protocol.allow=never",
  "-c",
  "protocol.https.allow=always",
  "-c",
  "protocol.http.allow=always",
];

const environment = (home: string, credential: GitCredential | undefined): Record<string, string> => ({
  HOME: home,
  GIT_TERMINAL_PROMPT: "0",
  GIT_CONFIG_NOSYSTEM: "1",
  LC_ALL: "C.UTF-8",
  ...(credential ? { K8SHELL_GIT_USERNAME: credential.username, K8SHELL_GIT_SECRET: credential.secret } : {}),
});

/** The last lines of git's messages, without progress meters and secrets. */
const reasonOf = (stderr: string, credential: GitCredential | undefined): string => {
  const lines = stderr
    .split(/[\r\n]+/)
    .filter((line) => /^(?:fatal|error|remote|warning):/.test(line))
    .slice(-3)
    .join("; ");
  const text = lines === "" ? "git failed" : lines;
  return credential && credential.secret !== "" ? text.replaceAll(credential.secret, "***") : text;
};

const isCommit = (ref: string): boolean => /^[0-9a-f]{7,64}$/.test(ref);

/**
 * The exact name of a branch or tag among those of the server.
 * @param listing output of `git ls-remote --heads --tags`
 */
export const findRef = (listing: string, wanted: string): string | undefined => {
  const names = listing
    .split("\n")
    .map((line) => /^[0-9a-f]+\trefs\/(?:heads|tags)\/(.+?)(?:\^\{\})?$/.exec(line)?.[1])
    .filter((name) => name !== undefined);
  return (
    names.find((name) => name === wanted) ?? names.find((name) => name.toLowerCase() === wanted.toLowerCase())
  );
};

/**
 * Clones a repository into the workspace's home, as the workspace's user and inside its sandbox; does nothing when the
 * directory is there already.
 * @throws CloneError, or the signal's reason
 */
export const cloneRepository = async (options: CloneOptions): Promise<{ cloned: boolean }> => {
  const { sandbox, spec, address, ref, credential, signal, onStep } = options;
  const git = gitCommand(address.origin, credential);
  const env = environment(sandbox.inside(spec).home, credential);
  const run = async (args: readonly string[], onStderr?: (text: string) => void) => {
    let stderr = "";
    const result = await sandbox.runOnce(spec, [...git, ...args], {
      env,
      signal,
      onStderr: (text) => {
        stderr = (stderr + text).slice(-64 * 1024);
        onStderr?.(text);
      },
    });
    return { ...result, stderr };
  };
  const mustRun = async (args: readonly string[], onStderr?: (text: string) => void) => {
    const result = await run(args, onStderr);
    if (result.code !== 0) throw new CloneError(reasonOf(result.stderr, credential));
    return result;
  };

  const present = await sandbox.runOnce(spec, ["test", "-e", address.directory], { env, signal });
  if (present.code === 0) {
    onStep(`~/${address.directory} exists already`);
    return { cloned: false };
  }
  if ((await sandbox.runOnce(spec, ["git", "--version"], { env, signal })).code !== 0) {
    throw new CloneError("git is not installed on this machine");
  }
  const branch: string[] = [];
  let commit: string | undefined;
  if (ref !== "") {
    const { stdout } = await mustRun(["ls-remote", "--heads", "--tags", "--", address.url]);
    const name = findRef(stdout, ref);
    if (name !== undefined) branch.push("--branch", name);
    else if (isCommit(ref)) commit = ref;
    else throw new CloneError(`the repository has no branch or tag ${ref}`);
  }

  onStep(`cloning ${address.url}`);
  let tenth = 0;
  await mustRun(["clone", "--progress", ...branch, "--", address.url, address.directory], (text) => {
    const percent = Number(/Receiving objects:\s+(\d+)%/.exec(text)?.[1] ?? 0);
    if (Math.floor(percent / 25) > tenth) {
      tenth = Math.floor(percent / 25);
      onStep(`received ${percent}% of the objects`);
    }
  });
  if (commit !== undefined) await mustRun(["-C", address.directory, "checkout", "--detach", commit, "--"]);
  onStep(`cloned into ~/${address.directory}`);
  return { cloned: true };
};
