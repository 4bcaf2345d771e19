/** Packet types of SFTP version 3 (draft-ietf-secsh-filexfer-02 section 3). */
export const PacketType = {
  Init: 1,
  Version: 2,
  Open: 3,
  Close: 4,
  Read: 5,
  Write: 6,
  Lstat: 7,
  Fstat: 8,
  Setstat: 9,
  Fsetstat: 10,
  Opendir: 11,
  Readdir: 12,
  Remove: 13,
  Mkdir: 14,
  Rmdir: 15,
  Realpath: 16,
  Stat: 17,
  Rename: 18,
  Readlink: 19,
  Symlink: 20,
  Status: 101,
  Handle: 102,
  Data: 103,
  Name: 104,
  Attrs: 105,
  Extended: 200,
  ExtendedReply: 201,
} as const;

/** Status codes (draft section 7). */
export const SftpStatus = {
  Ok: 0,
  Eof: 1,
  NoSuchFile: 2,
  PermissionDenied: 3,
  Failure: 4,
  BadMessage: 5,
  NoConnection: 6,
  ConnectionLost: 7,
  OpUnsupported: 8,
} as const;

/** Flags of an open request (draft section 6.3). */
export const OpenFlag = {
  Read: 0x01,
  Write: 0x02,
  Append: 0x04,
  Create: 0x08,
  Truncate: 0x10,
  Exclusive: 0x20,
} as const;

/** The version that both sides of this package speak. */
export const protocolVersion = 3;

/** Longest packet, without its length field: what OpenSSH accepts and sends at most. Bytes. */
export const maxPacketLength = 256 * 1024;

/** Longest data of one read or write: a packet less room for its header, as OpenSSH announces. Bytes. */
export const maxDataLength = maxPacketLength - 1024;

/** What every server must accept in one read or write (draft section 3). Bytes. */
export const guaranteedDataLength = 32 * 1024;

/** Extensions both sides know, with the version text that a server announces (OpenSSH PROTOCOL, section 4). */
export const Extension = {
  PosixRename: "posix-rename@openssh.com",
  Statvfs: "statvfs@openssh.com",
  Fstatvfs: "fstatvfs@openssh.com",
  Hardlink: "hardlink@openssh.com",
  Fsync: "fsync@openssh.com",
  Lsetstat: "lsetstat@openssh.com",
  Limits: "limits@openssh.com",
} as const;

/** The peer broke the protocol; the session cannot go on. */
export class SftpProtocolError extends Error {
  override readonly name = "SftpProtocolError";
}
