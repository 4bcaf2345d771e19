/** What of a terminal the policy wants recorded. */
export interface ShellRecording {
  readonly output: boolean;
  readonly input: boolean;
}

const kindsOf = (obligation: string | undefined) =>
  new Set((obligation ?? "").split(",").map((kind) => kind.trim()));

/** Does the obligation `record` want the output of commands recorded? */
export const execRecording = (obligation: string | undefined): boolean => kindsOf(obligation).has("exec");

/**
 * Reads the obligation `record` of a `session:start` decision (grpc-behaviour section 8): `none`, or a list of `shell`,
 * `exec`, `direct-tcpip`, `sftp`. Our own policies may add `shell-input`: what is typed is recorded too, passwords
 * included.
 */
export const shellRecording = (obligation: string | undefined): ShellRecording => {
  const kinds = kindsOf(obligation);
  const input = kinds.has("shell-input");
  return { output: kinds.has("shell") || input, input };
};
