import type { MessageInitShape } from "@bufbuild/protobuf";
import type {
  FileExplorerCommand,
  FileExplorerResponseSchema,
  FileInfoSchema,
} from "@k8shell/contract/gen/cloudshell/cloudshell_pb.js";
import { isDirectory, isSymlink, modeText, removeTree, type SftpClient } from "@k8shell/sftp";
import { toFileError } from "../files/file-error.ts";
import { parseWorkspacePath } from "../files/workspace-path.ts";
import { ApiError } from "../http/api-error.ts";

type Response = MessageInitShape<typeof FileExplorerResponseSchema>;
type FileInfo = MessageInitShape<typeof FileInfoSchema>;

export interface FileExplorerDeps {
  /** A session with the workspace, after the decision that the caller may have one. */
  readonly sftp: () => Promise<SftpClient>;
  /** Directory the shell is in. */
  readonly cwd: () => Promise<string>;
  readonly signal: AbortSignal;
}

/** Entries of one listing: more are not shown. */
const maxEntries = 20_000;
/** Links whose targets are looked at together. */
const linkBatch = 32;

const below = (directory: string, name: string): string =>
  directory === "/" ? `/${name}` : `${directory}/${name}`;

const byKindAndName = (a: FileInfo, b: FileInfo): number => {
  if (a.isDir !== b.isDir) return a.isDir ? -1 : 1;
  return (a.name ?? "") < (b.name ?? "") ? -1 : 1;
};

/**
 * The commands of the file explorer (rest-contract 3.4). Failures are texts in the answers, never exceptions: the
 * terminal on the same socket goes on.
 */
export const createFileExplorer = ({ sftp, cwd, signal }: FileExplorerDeps) => {
  const list = async (
    path: string,
    showHidden: boolean,
  ): Promise<{ files: FileInfo[]; complete: boolean }> => {
    const client = await sftp();
    const directory = await client.realpath(parseWorkspacePath(path || "."), { signal });
    const files: FileInfo[] = [];
    const links: FileInfo[] = [];
    let complete = true;
    for await (const { name, attributes } of client.readdir(directory, { signal })) {
      if (!showHidden && name.startsWith(".")) continue;
      if (files.length >= maxEntries) {
        complete = false;
        break;
      }
      const { mode = 0, size = 0, mtime = 0 } = attributes;
      const file: FileInfo = {
        name,
        path: below(directory, name),
        size: BigInt(size),
        mode: modeText(mode),
        isDir: isDirectory(attributes),
        modTime: new Date(mtime * 1000).toISOString(),
      };
      files.push(file);
      if (isSymlink(attributes)) links.push(file);
    }
    // A link to a directory can be entered, so it is one to the user.
    for (let start = 0; start < links.length; start += linkBatch) {
      await Promise.all(
        links.slice(start, start + linkBatch).map(async (link) => {
          const target = await client.stat(link.path ?? "", { signal }).catch(() => ({}));
          link.isDir = isDirectory(target);
        }),
      );
    }
    return { files: files.sort(byKindAndName), complete };
  };

  const makeDirectory = async (path: string, name: string): Promise<void> => {
    if (name === "" || name === "." || name === ".." || name.includes("/")) {
      throw new ApiError("invalid_path", "This is not a name for a directory.");
    }
    const parent = path || ".";
    const directory = parseWorkspacePath(parent.endsWith("/") ? parent + name : `${parent}/${name}`);
    await (await sftp()).mkdir(directory, { signal });
  };

  const remove = async (path: string): Promise<void> => {
    const target = parseWorkspacePath(path);
    const client = await sftp();
    const trimmed = target.replace(/\/+$/, "");
    const home = await client.realpath(".", { signal });
    // The form, and what it leads to: a link to the home directory may go, the directory itself may not.
    if (trimmed === "" || /(^|\/)\.{1,2}$/.test(trimmed) || trimmed === home) {
      throw new ApiError("invalid_path", "The root and the home directory cannot be removed.");
    }
    await removeTree(client, trimmed, { signal });
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
          const { files, complete } = await list(payload.value.path, payload.value.showHidden);
          const error = complete ? undefined : `Only the first ${maxEntries} entries are shown.`;
          return { payload: { case: "listFiles", value: { files, error } } };
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
