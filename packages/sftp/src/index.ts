export {
  type FileAttributes,
  isDirectory,
  isRegularFile,
  isSymlink,
  modeText,
} from "./attributes.ts";
export type { SftpPath } from "./packets.ts";
export { OpenFlag, SftpProtocolError, SftpStatus } from "./protocol.ts";
export { type SftpLog, type SftpServerOptions, serveSftp } from "./server/serve-sftp.ts";
