export {
  type FileAttributes,
  isDirectory,
  isRegularFile,
  isSymlink,
  modeText,
} from "./attributes.ts";
export { type BufferPool, createBufferPool } from "./buffer-pool.ts";
export type { SftpStream } from "./client/connection.ts";
export type { ReadOptions } from "./client/read-file.ts";
export { joinPath, removeTree } from "./client/remove-tree.ts";
export {
  createSftpClient,
  type DirectoryEntry,
  type FileSystemSize,
  type SftpClient,
  type SftpClientOptions,
  type SftpFile,
} from "./client/sftp-client.ts";
export { SftpError } from "./client/sftp-error.ts";
export type { WriteOptions } from "./client/write-file.ts";
export type { SftpPath } from "./packets.ts";
export { OpenFlag, SftpProtocolError, SftpStatus } from "./protocol.ts";
export type { SftpInput } from "./server/incoming.ts";
export { type SftpLog, type SftpServerOptions, serveSftp } from "./server/serve-sftp.ts";
export type { TemporaryFiles } from "./server/temporaries.ts";
export { temporaryId, temporaryName } from "./temporary-name.ts";
