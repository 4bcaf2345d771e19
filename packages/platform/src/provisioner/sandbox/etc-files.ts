import { readFile } from "node:fs/promises";
import type { SandboxUser } from "./types.ts";

const field = (text: string): string => text.replaceAll(/[:\r\n\0]/g, " ").trim();

const profile = `# /etc/profile of a workspace: PATH comes from the workspace's own environment.
export PATH="\${PATH:-/usr/local/bin:/usr/bin:/bin}"
if [ "\${PS1-}" ] && [ -z "\${BASH-}" ]; then PS1='$ '; fi
if [ "\${PS1-}" ] && [ "\${BASH-}" ] && [ "$BASH" != /bin/sh ] && [ -f /etc/bash.bashrc ]; then
  . /etc/bash.bashrc
fi
if [ -d /etc/profile.d ]; then
  for script in /etc/profile.d/*.sh; do
    if [ -r "$script" ]; then . "$script"; fi
  done
  unset script
fi
`;

/**
 * The system files a workspace has of its own, by name within /etc.
 * @param ids the ids seen inside
 */
export const etcFiles = async (
  user: SandboxUser,
  ids: { uid: number; gid: number },
  hostname: string,
): Promise<Readonly<Record<string, string>>> => {
  const name = field(user.username);
  const hosts = await readFile("/etc/hosts", "utf8").catch(() => "127.0.0.1\tlocalhost\n");
  return {
    passwd: [
      "root:x:0:0:root:/root:/bin/sh",
      `${name}:x:${ids.uid}:${ids.gid}:${field(user.fullname)}:/home/${name}:${field(user.shell) || "/bin/sh"}`,
      "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin",
      "",
    ].join("\n"),
    group: ["root:x:0:", "tty:x:5:", `${name}:x:${ids.gid}:`, "nogroup:x:65534:", ""].join("\n"),
    hosts: `${hosts.trimEnd()}\n127.0.1.1\t${hostname}\n`,
    hostname: `${hostname}\n`,
    profile,
  };
};
