import { type FileAttributes, readAttributes, writeAttributes } from "./attributes.ts";
import { PacketType, SftpProtocolError } from "./protocol.ts";
import { createPacketReader, createPacketWriter, type PacketWriter } from "./wire.ts";

/** Paths are bytes on the wire: a name need not be UTF-8. */
export type SftpPath = string | Uint8Array;

interface Paths {
  readonly path: SftpPath;
}

interface Handles {
  readonly handle: Uint8Array;
}

/** Requests of a client (draft sections 4 and 6), without their ids. */
export type Request =
  | ({
      readonly type: "open";
      readonly flags: number;
      readonly attributes: FileAttributes;
    } & Paths)
  | ({ readonly type: "close" | "fstat" | "readdir" } & Handles)
  | ({ readonly type: "read"; readonly offset: number; readonly length: number } & Handles)
  | ({ readonly type: "write"; readonly offset: number; readonly data: Uint8Array } & Handles)
  | ({
      readonly type: "lstat" | "stat" | "opendir" | "remove" | "rmdir" | "realpath" | "readlink";
    } & Paths)
  | ({ readonly type: "setstat" | "mkdir"; readonly attributes: FileAttributes } & Paths)
  | ({ readonly type: "fsetstat"; readonly attributes: FileAttributes } & Handles)
  | { readonly type: "rename"; readonly from: SftpPath; readonly to: SftpPath }
  /** Wire order as OpenSSH has it (target first), which every implementation follows against the draft. */
  | { readonly type: "symlink"; readonly target: SftpPath; readonly link: SftpPath }
  | { readonly type: "extended"; readonly name: string; readonly payload: Uint8Array };

/** What a server decodes: paths are always bytes. `unknown` is a packet type this version does not have. */
export type DecodedRequest =
  | { readonly id: number; readonly request: Request }
  | { readonly id: number; readonly request: { readonly type: "unknown"; readonly packetType: number } };

/** One entry of a name response. */
export interface NameEntry {
  readonly filename: SftpPath;
  /** A line as `ls -l` prints. */
  readonly longname: SftpPath;
  readonly attributes: FileAttributes;
}

/** Responses of a server (draft section 7), without their ids. */
export type Response =
  | { readonly type: "status"; readonly code: number; readonly message: string }
  | { readonly type: "handle"; readonly handle: Uint8Array }
  | { readonly type: "data"; readonly data: Uint8Array }
  | { readonly type: "name"; readonly entries: readonly NameEntry[] }
  | { readonly type: "attributes"; readonly attributes: FileAttributes }
  | { readonly type: "extendedReply"; readonly payload: Uint8Array };

const pathRequests = {
  lstat: PacketType.Lstat,
  stat: PacketType.Stat,
  opendir: PacketType.Opendir,
  remove: PacketType.Remove,
  rmdir: PacketType.Rmdir,
  realpath: PacketType.Realpath,
  readlink: PacketType.Readlink,
} as const;

const handleRequests = {
  close: PacketType.Close,
  fstat: PacketType.Fstat,
  readdir: PacketType.Readdir,
} as const;

/** The beginning of a write request, with its length field: `length` bytes of data follow it. */
export const encodeWriteHead = (id: number, handle: Uint8Array, offset: number, length: number): Buffer => {
  const writer = withId(PacketType.Write, id, 32 + handle.length);
  writer.string(handle);
  writer.u64(offset);
  writer.u32(length);
  return writer.finish(length);
};

const withId = (type: number, id: number, expected?: number): PacketWriter => {
  const writer = createPacketWriter(type, expected);
  writer.u32(id);
  return writer;
};

/** Encodes a request, with its length field. */
export const encodeRequest = (id: number, request: Request): Buffer => {
  switch (request.type) {
    case "open": {
      const writer = withId(PacketType.Open, id);
      writer.string(request.path);
      writer.u32(request.flags);
      writeAttributes(writer, request.attributes);
      return writer.finish();
    }
    case "close":
    case "fstat":
    case "readdir": {
      const writer = withId(handleRequests[request.type], id, 32);
      writer.string(request.handle);
      return writer.finish();
    }
    case "read": {
      const writer = withId(PacketType.Read, id, 48);
      writer.string(request.handle);
      writer.u64(request.offset);
      writer.u32(request.length);
      return writer.finish();
    }
    case "write": {
      const writer = withId(PacketType.Write, id, 32 + request.handle.length + request.data.length);
      writer.string(request.handle);
      writer.u64(request.offset);
      writer.string(request.data);
      return writer.finish();
    }
    case "lstat":
    case "stat":
    case "opendir":
    case "remove":
    case "rmdir":
    case "realpath":
    case "readlink": {
      const writer = withId(pathRequests[request.type], id);
      writer.string(request.path);
      return writer.finish();
    }
    case "setstat":
    case "mkdir": {
      const writer = withId(request.type === "mkdir" ? PacketType.Mkdir : PacketType.Setstat, id);
      writer.string(request.path);
      writeAttributes(writer, request.attributes);
      return writer.finish();
    }
    case "fsetstat": {
      const writer = withId(PacketType.Fsetstat, id);
      writer.string(request.handle);
      writeAttributes(writer, request.attributes);
      return writer.finish();
    }
    case "rename": {
      const writer = withId(PacketType.Rename, id);
      writer.string(request.from);
      writer.string(request.to);
      return writer.finish();
    }
    case "symlink": {
      const writer = withId(PacketType.Symlink, id);
      writer.string(request.target);
      writer.string(request.link);
      return writer.finish();
    }
    case "extended": {
      const writer = withId(PacketType.Extended, id, 64 + request.payload.length);
      writer.string(request.name);
      writer.raw(request.payload);
      return writer.finish();
    }
  }
};

/**
 * Decodes a request packet (without its length field) other than Init. Data and paths are views of `packet`.
 * Bytes after the last field are ignored, as draft section 4 leaves room for additions.
 * @throws SftpProtocolError when a field is missing or cut short
 */
export const decodeRequest = (packet: Uint8Array): DecodedRequest => {
  const reader = createPacketReader(packet);
  const packetType = reader.u8();
  const id = reader.u32();
  const path = (type: keyof typeof pathRequests): DecodedRequest => ({
    id,
    request: { type, path: reader.bytes() },
  });
  const handle = (type: keyof typeof handleRequests): DecodedRequest => ({
    id,
    request: { type, handle: reader.bytes() },
  });
  switch (packetType) {
    case PacketType.Open: {
      const name = reader.bytes();
      const flags = reader.u32();
      return { id, request: { type: "open", path: name, flags, attributes: readAttributes(reader) } };
    }
    case PacketType.Close:
      return handle("close");
    case PacketType.Fstat:
      return handle("fstat");
    case PacketType.Readdir:
      return handle("readdir");
    case PacketType.Read: {
      const of = reader.bytes();
      const offset = reader.u64();
      return { id, request: { type: "read", handle: of, offset, length: reader.u32() } };
    }
    case PacketType.Write: {
      const of = reader.bytes();
      const offset = reader.u64();
      return { id, request: { type: "write", handle: of, offset, data: reader.bytes() } };
    }
    case PacketType.Lstat:
      return path("lstat");
    case PacketType.Stat:
      return path("stat");
    case PacketType.Opendir:
      return path("opendir");
    case PacketType.Remove:
      return path("remove");
    case PacketType.Rmdir:
      return path("rmdir");
    case PacketType.Realpath:
      return path("realpath");
    case PacketType.Readlink:
      return path("readlink");
    case PacketType.Setstat:
    case PacketType.Mkdir: {
      const name = reader.bytes();
      const type = packetType === PacketType.Mkdir ? "mkdir" : "setstat";
      return { id, request: { type, path: name, attributes: readAttributes(reader) } };
    }
    case PacketType.Fsetstat: {
      const of = reader.bytes();
      return { id, request: { type: "fsetstat", handle: of, attributes: readAttributes(reader) } };
    }
    case PacketType.Rename: {
      const from = reader.bytes();
      return { id, request: { type: "rename", from, to: reader.bytes() } };
    }
    case PacketType.Symlink: {
      const target = reader.bytes();
      return { id, request: { type: "symlink", target, link: reader.bytes() } };
    }
    case PacketType.Extended: {
      const name = reader.text();
      return { id, request: { type: "extended", name, payload: reader.rest() } };
    }
    default:
      return { id, request: { type: "unknown", packetType } };
  }
};

/** Bytes before the data of a data response: length, type, id, count. */
export const dataHeaderLength = 13;

/** Writes the header of a data response into the first `dataHeaderLength` bytes of `buffer`: the data is in place behind it. */
export const writeDataHeader = (buffer: Buffer, id: number, dataLength: number): void => {
  buffer.writeUInt32BE(dataHeaderLength - 4 + dataLength, 0);
  buffer[4] = PacketType.Data;
  buffer.writeUInt32BE(id >>> 0, 5);
  buffer.writeUInt32BE(dataLength, 9);
};

/** Adds one entry to a name response under construction. */
const writeNameEntry = (writer: PacketWriter, entry: NameEntry): void => {
  writer.string(entry.filename);
  writer.string(entry.longname);
  writeAttributes(writer, entry.attributes);
};

/** Encodes a response, with its length field. */
export const encodeResponse = (id: number, response: Response): Buffer => {
  switch (response.type) {
    case "status": {
      const writer = withId(PacketType.Status, id, 64);
      writer.u32(response.code);
      writer.string(response.message);
      writer.string("en");
      return writer.finish();
    }
    case "handle": {
      const writer = withId(PacketType.Handle, id, 32);
      writer.string(response.handle);
      return writer.finish();
    }
    case "data": {
      const buffer = Buffer.allocUnsafe(dataHeaderLength + response.data.length);
      writeDataHeader(buffer, id, response.data.length);
      buffer.set(response.data, dataHeaderLength);
      return buffer;
    }
    case "name": {
      const writer = withId(PacketType.Name, id, 4096);
      writer.u32(response.entries.length);
      for (const entry of response.entries) writeNameEntry(writer, entry);
      return writer.finish();
    }
    case "attributes": {
      const writer = withId(PacketType.Attrs, id, 64);
      writeAttributes(writer, response.attributes);
      return writer.finish();
    }
    case "extendedReply": {
      const writer = withId(PacketType.ExtendedReply, id, 16 + response.payload.length);
      writer.raw(response.payload);
      return writer.finish();
    }
  }
};

/**
 * Decodes a response packet (without its length field) other than Version. Data and names are views of `packet`.
 * @throws SftpProtocolError when it is not a response or is cut short
 */
export const decodeResponse = (packet: Uint8Array): { readonly id: number; readonly response: Response } => {
  const reader = createPacketReader(packet);
  const packetType = reader.u8();
  const id = reader.u32();
  switch (packetType) {
    case PacketType.Status: {
      const code = reader.u32();
      // Some servers leave out the texts.
      return { id, response: { type: "status", code, message: reader.remaining > 0 ? reader.text() : "" } };
    }
    case PacketType.Handle:
      return { id, response: { type: "handle", handle: reader.bytes() } };
    case PacketType.Data:
      return { id, response: { type: "data", data: reader.bytes() } };
    case PacketType.Name: {
      const entries: NameEntry[] = [];
      for (let left = reader.u32(); left > 0; left--) {
        const filename = reader.bytes();
        const longname = reader.bytes();
        entries.push({ filename, longname, attributes: readAttributes(reader) });
      }
      return { id, response: { type: "name", entries } };
    }
    case PacketType.Attrs:
      return { id, response: { type: "attributes", attributes: readAttributes(reader) } };
    case PacketType.ExtendedReply:
      return { id, response: { type: "extendedReply", payload: reader.rest() } };
    default:
      throw new SftpProtocolError(`packet type ${packetType} is no response`);
  }
};

/** Encodes Init or Version, with its length field. Only a Version carries extensions. */
export const encodeHello = (
  type: "init" | "version",
  version: number,
  extensions: Iterable<readonly [name: string, data: string]> = [],
): Buffer => {
  const writer = createPacketWriter(type === "init" ? PacketType.Init : PacketType.Version);
  writer.u32(version);
  for (const [name, data] of extensions) {
    writer.string(name);
    writer.string(data);
  }
  return writer.finish();
};

/**
 * Decodes Init or Version (without the length field).
 * @throws SftpProtocolError when the packet is of another type or cut short
 */
export const decodeHello = (
  type: "init" | "version",
  packet: Uint8Array,
): { readonly version: number; readonly extensions: ReadonlyMap<string, string> } => {
  const reader = createPacketReader(packet);
  if (reader.u8() !== (type === "init" ? PacketType.Init : PacketType.Version)) {
    throw new SftpProtocolError(`the session does not begin with ${type}`);
  }
  const version = reader.u32();
  const extensions = new Map<string, string>();
  while (reader.remaining > 0) {
    const name = reader.text();
    extensions.set(name, reader.text());
  }
  return { version, extensions };
};
