/** Version of the daemon. */
export const daemonVersion = "0.1.0";

/** The first number of a version such as `v1.2.3-abc`, or undefined when it is none. */
const majorOf = (version: string): number | undefined => {
  const match = /^v?(\d+)(?:[.+-]|$)/.exec(version.trim());
  return match === null ? undefined : Number(match[1]);
};

/**
 * Answers a handshake: a client of another major version is refused, in an ordinary answer; one that names no
 * version is not checked (grpc-behaviour section 4).
 * @param commit short commit id of the build, `dev` when unknown
 */
export const answerHandshake = (clientVersion: string, commit: string) => {
  const serverVersion = `${daemonVersion}-${commit}`;
  if (clientVersion.trim() === "") return { serverVersion, accepted: true, message: "" };
  const major = majorOf(clientVersion);
  if (major === majorOf(daemonVersion)) return { serverVersion, accepted: true, message: "" };
  const message =
    major === undefined
      ? "the client version is not understood"
      : `client version ${clientVersion.trim().slice(0, 64)} does not work with ${daemonVersion}`;
  return { serverVersion, accepted: false, message };
};
