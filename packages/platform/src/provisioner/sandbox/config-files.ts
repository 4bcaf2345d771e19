import { chmod, chown, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { etcFiles } from "./etc-files.ts";
import type { SandboxSpec } from "./types.ts";

/**
 * Writes the files a workspace reads and cannot change. No process of it may run: files are replaced, not rewritten.
 * @param ids the ids seen inside
 * @param secrets further files by name, readable by the workspace's user only
 */
export const writeConfigFiles = async (
  spec: SandboxSpec,
  options: { ids: { uid: number; gid: number }; secrets: Readonly<Record<string, string>> },
): Promise<void> => {
  const write = async (name: string, text: string, mode: number, owner: number | undefined) => {
    const path = join(spec.place.config, name);
    await rm(path, { force: true });
    await writeFile(path, text, { flag: "wx", mode });
    // The server's umask may have taken away what the workspace needs.
    await chmod(path, mode);
    if (owner !== undefined) await chown(path, owner, owner);
  };
  for (const [name, text] of Object.entries(await etcFiles(spec.user, options.ids, spec.hostname))) {
    await write(name, text, 0o644, undefined);
  }
  for (const [name, text] of Object.entries(options.secrets)) await write(name, text, 0o400, spec.hostUid);
};
