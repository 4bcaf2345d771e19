import type { Client, FileInfo } from "@k8shell/sdk";
import { CliError, exitCodes, isK8shellError } from "../errors.ts";

/** Files of one workspace, as transfers need them. */
export interface Remote {
  readonly client: Client;
  readonly name: string;
  readonly signal: AbortSignal;
}

/** What is at a path; undefined when nothing is. */
export const statRemote = async ({ client, name }: Remote, path: string): Promise<FileInfo | undefined> => {
  try {
    return await client.api.statFile({ name, path });
  } catch (error) {
    if (isK8shellError(error) && error.status === 404 && error.code === "not_found") {
      // Is it the path, or the workspace?
      await client.api.getWorkspace({ name });
      return undefined;
    }
    throw error;
  }
};

/** The entries of a directory. @throws CliError when it has more than a listing holds */
export const listRemote = async ({ client, name }: Remote, path: string): Promise<readonly FileInfo[]> => {
  const { entries, complete } = await client.api.listFiles({ name, path, hidden: true });
  if (complete) return entries;
  throw new CliError(`${path} has more entries than a listing holds.`, {
    hint: `Copy it as an archive: k8shell workspace exec ${name} -- tar c ${path} | tar x`,
    exitCode: exitCodes.failed,
  });
};
