import type { MessageInitShape } from "@bufbuild/protobuf";
import { type ActionPermission, actions, type FileInfoJson } from "@k8shell/contract";
import type {
  FileExplorerCommand,
  FileExplorerResponseSchema,
  FileInfoSchema,
} from "@k8shell/contract/gen/cloudshell/cloudshell_pb.js";
import type { SftpClient } from "@k8shell/sftp";
import { listDirectory, maxEntries } from "../files/directory-listing.ts";
import { toFileError } from "../files/file-error.ts";
import {
  entryPath,
  makeDirectory as make,
  remove as removeEntry,
  targetPath,
} from "../files/file-operations.ts";
import { normalPath } from "../files/normal-path.ts";
import { parseWorkspacePath, type WorkspacePath } from "../files/workspace-path.ts";
import { ApiError } from "../http/api-error.ts";

type Response = MessageInitShape<typeof FileExplorerResponseSchema>;
type FileInfo = MessageInitShape<typeof FileInfoSchema>;

export interface FileExplorerDeps {
  /** A session with the workspace, after the decision that the caller may have one. */
  readonly sftp: () => Promise<SftpClient>;
  /** May the caller do this with a path? Throws ApiError when not. */
  readonly authorize: (action: ActionPermission, path: string) => Promise<void>;
  /** Directory the shell is in. */
  readonly cwd: () => Promise<string>;
  readonly signal: AbortSignal;
}

const fileOf = ({ name, path, size, mode, isDir, modTime }: FileInfoJson): FileInfo => ({
  name,
  path,
  size: BigInt(size),
  mode,
  isDir,
  modTime,
});

/**
 * The commands of the file explorer (rest-contract 3.4): the same operations under the same decisions as over REST.
 * Failures are texts in the answers, never exceptions: the terminal on the same socket goes on.
 */
export const createFileExplorer = ({ sftp, authorize, cwd, signal }: FileExplorerDeps) => {
  /**
   * Begins an operation: asks about the path as it was written, and again when it leads elsewhere.
   * @param lead finds where the path leads
   */
  const begin = async (
    action: ActionPermission,
    path: WorkspacePath,
    lead: (client: SftpClient, path: string, signal: AbortSignal) => Promise<string>,
  ) => {
    const client = await sftp();
    const written = normalPath(path);
    await authorize(action, written);
    const real = await lead(client, path, signal);
    if (real !== written) await authorize(action, real);
    return { client, path, signal };
  };

  const list = async (text: string, hidden: boolean) => {
    const path = parseWorkspacePath(text || ".");
    const { client } = await begin(actions.filesList, path, targetPath);
    return listDirectory(client, path, { hidden, signal });
  };

  const makeDirectory = async (path: string, name: string): Promise<void> => {
    if (name === "" || name === "." || name === ".." || name.includes("/")) {
      throw new ApiError("invalid_path", "This is not a name for a directory.");
    }
    const parent = path || ".";
    const directory = parseWorkspacePath(parent.endsWith("/") ? parent + name : `${parent}/${name}`);
    await make(await begin(actions.filesMkdir, directory, targetPath), false);
  };

  const remove = async (path: string): Promise<void> => {
    await removeEntry(await begin(actions.filesDelete, parseWorkspacePath(path), entryPath), true);
  };

  const textOf = (cause: unknown): string => {
    const error = toFileError(cause);
    return error instanceof ApiError ? error.message : "The workspace could not do this.";
  };

  /** Does one command. Resolves to undefined for a command of a newer protocol. */
  return async ({ payload }: FileExplorerCommand): Promise<Response | undefined> => {
    switch (payload.case) {
      case "listFiles":
        try {
          const { entries, complete } = await list(payload.value.path, payload.value.showHidden);
          const error = complete ? undefined : `Only the first ${maxEntries} entries are shown.`;
          return { payload: { case: "listFiles", value: { files: entries.map(fileOf), error } } };
        } catch (error) {
          return { payload: { case: "listFiles", value: { error: textOf(error) } } };
        }
      case "makeDirectory":
        try {
          await makeDirectory(payload.value.path, payload.value.name);
          return { payload: { case: "makeDirectory", value: {} } };
        } catch (error) {
          return { payload: { case: "makeDirectory", value: { error: textOf(error) } } };
        }
      case "remove":
        try {
          await remove(payload.value.path);
          return { payload: { case: "remove", value: {} } };
        } catch (error) {
          return { payload: { case: "remove", value: { error: textOf(error) } } };
        }
      case "getCwd":
        try {
          return { payload: { case: "getCwd", value: { path: await cwd() } } };
        } catch {
          return { payload: { case: "getCwd", value: { error: "The shell's directory is not known." } } };
        }
      default:
        return undefined;
    }
  };
};
