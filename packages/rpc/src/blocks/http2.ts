const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/** Types of frames (RFC 9113 section 6). */
export const frame = {
  data: 0,
  headers: 1,
  reset: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;
/** Parameters of settings (RFC 9113 section 6.5.2). */
export const setting = { tableSize: 1, push: 2, streams: 3, window: 4, frameSize: 5 } as const;
/** A setting that no other peer has, and that others must ignore (RFC 9113 section 6.5.2): "I am one of you". */
const ownSetting = { id: 0xf0f5, value: 0x6b38_7368, bulk: 0x6b38_626b, commands: 0x6b38_636d };

/** Payload of a frame until the peer says otherwise. */
export const frameBytes = 16_384;
/** Payload that we take, and send where the peer takes it: data is handed on as it comes, however long its frame. */
export const maxFrameBytes = 256 << 10;
/** Payload of frames that are no data, which must be had whole. */
export const maxOtherFrameBytes = 64 << 10;
/** Head of each frame. */
export const headerBytes = 9;
/** Window of each stream: what a reader that has stopped can make us keep. */
export const streamWindow = 256 << 10;
/** What all streams of a connection may have under way together. */
export const connectionWindow = 16 << 20;
/** Windows before anything is said of them (RFC 9113 section 6.9.2). */
export const initialWindow = 65_535;
/** Header block of a peer, its frames together. */
export const maxHeaderBlock = 64 << 10;
/** CANCEL (RFC 9113 section 7). */
export const cancelCode = 8;

/** The settings that either side begins with. */
export const settingsPayload = (kind: number = ownSetting.value): Buffer => {
  const rows = [
    [setting.tableSize, 0],
    [setting.push, 0],
    [setting.window, streamWindow],
    [setting.frameSize, maxFrameBytes],
    [ownSetting.id, kind],
  ];
  const bytes = Buffer.alloc(rows.length * 6);
  rows.forEach(([id = 0, value = 0], index) => {
    bytes.writeUInt16BE(id, index * 6);
    bytes.writeUInt32BE(value, index * 6 + 2);
  });
  return bytes;
};

const frameHeader = (length: number, type: number, flags: number, id: number): Buffer => {
  const bytes = Buffer.alloc(headerBytes);
  bytes.writeUIntBE(length, 0, 3);
  bytes[3] = type;
  bytes[4] = flags;
  bytes.writeUInt32BE(id, 5);
  return bytes;
};

const helloOf = (settings: Buffer): Buffer =>
  Buffer.concat([Buffer.from(preface), frameHeader(settings.length, frame.settings, 0, 0), settings]);

/**
 * What a client of this module sends first: a server knows its own kind by it. Daemons of earlier versions serve ports to
 * `ordinary`, shells and files to `bulk`, and take who says `commands` for any other client, which runs commands too.
 */
export const clientHello = {
  ordinary: helloOf(settingsPayload()),
  bulk: helloOf(settingsPayload(ownSetting.bulk)),
  commands: helloOf(settingsPayload(ownSetting.commands)),
};
