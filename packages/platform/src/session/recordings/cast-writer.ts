import { StringDecoder } from "node:string_decoder";

/** Kinds of events in an asciicast. */
export type CastCode = "o" | "i" | "r";

/** The first line of an asciicast v2 file. */
export const castHeader = (header: {
  readonly width: number;
  readonly height: number;
  /** Unix seconds. */
  readonly timestamp: number;
  readonly title: string;
}): string => `${JSON.stringify({ version: 2, ...header })}\n`;

/** One event. @param millis since the recording began */
export const castEvent = (millis: number, code: CastCode, data: string): string =>
  `${JSON.stringify([millis / 1000, code, data])}\n`;

/** Text out of bytes that may be cut within a character. */
export const createTextOf = () => {
  const decoders = { o: new StringDecoder("utf8"), i: new StringDecoder("utf8") };
  return {
    push: (code: "o" | "i", data: Uint8Array) =>
      decoders[code].write(Buffer.from(data.buffer, data.byteOffset, data.length)),
    rest: (code: "o" | "i") => decoders[code].end(),
  };
};
