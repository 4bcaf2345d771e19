import type { RequestOptions } from "../transport.ts";

export interface ExplorerEntry {
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** As `ls -l` shows it, e.g. `drwxr-xr-x`. */
  readonly mode: string;
  /** A directory, or a link to one. */
  readonly isDirectory: boolean;
  /** RFC 3339. */
  readonly modifiedAt: string;
}

export interface ExplorerListing {
  /** Directories first, then by name. */
  readonly entries: readonly ExplorerEntry[];
  /** Why some entries are missing. */
  readonly notice: string | undefined;
}

/**
 * Directories of a workspace, over the connection of a terminal. Everything waits for a connection that is being made;
 * what only reads is asked again on the next one. Failures of the workspace have the code `file_error`.
 */
export interface Explorer {
  /** @param path absolute, or relative to the home directory (default: the home directory) */
  list(path?: string, options?: RequestOptions & { readonly showHidden?: boolean }): Promise<ExplorerListing>;
  makeDirectory(parent: string, name: string, options?: RequestOptions): Promise<void>;
  /** Removes a file, or a directory with everything in it. */
  remove(path: string, options?: RequestOptions): Promise<void>;
  /** The directory the shell is in. */
  directory(options?: RequestOptions): Promise<string>;
}
