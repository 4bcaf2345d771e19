import { z } from "zod";
import { time } from "./common.ts";

/** Something at a path of a workspace. */
export const fileInfo = z
  .object({
    name: z.string(),
    path: z.string().describe("Absolute."),
    type: z
      .enum(["file", "directory", "symlink", "other"])
      .describe("Of the entry itself, not what a link leads to."),
    isDir: z.boolean().describe("A directory, or a link to one."),
    size: z.int().describe("Bytes."),
    mode: z.string().describe("As `ls -l` shows it, e.g. `-rw-r--r--`."),
    modTime: time,
    uid: z.int().optional(),
    gid: z.int().optional(),
    target: z.string().optional().describe("Where a link leads."),
    etag: z.string().optional().describe("Of a file, as its download has it; use it in `If-Match`."),
  })
  .meta({ id: "FileInfo", description: "A file, directory or link in a workspace." });

export const fileList = z
  .object({
    path: z.string().describe("The directory, absolute and without links."),
    entries: z.array(fileInfo).describe("Directories first, then by name."),
    complete: z.boolean().describe("False when the directory has more entries than a listing holds."),
  })
  .meta({ id: "FileList", description: "The entries of a directory." });

/** A resumable upload that is not finished. */
export const uploadState = z
  .object({
    id: z.string(),
    path: z.string().describe("Where the file will be."),
    offset: z.int().describe("Bytes that have arrived."),
    length: z.int().nullable().describe("Bytes of the whole file; null while the client has not said."),
    expiresAt: time.describe("When it is given up; every part that arrives moves it."),
  })
  .meta({ id: "Upload", description: "A resumable upload that is not finished." });

export type FileInfoJson = z.output<typeof fileInfo>;
export type FileListJson = z.output<typeof fileList>;
export type UploadJson = z.output<typeof uploadState>;
