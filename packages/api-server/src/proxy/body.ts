import type { Framing } from "./head.ts";
import { HeadError } from "./head-error.ts";

/** Follows a body through the bytes of a connection, so that its end is known. Nothing is kept but a size line. */
export interface BodyScanner {
  /** All bytes of the body have passed. */
  readonly done: boolean;
  /** Ends only with its connection. */
  readonly endless: boolean;
  /**
   * Takes the bytes that follow.
   * @param pass takes what is part of the body, in order
   * @returns how many of `bytes` belong to the body; fewer than all only when the body is done
   * @throws HeadError for chunks that are not exactly as RFC 9112 writes them
   */
  scan(bytes: Buffer, pass: (part: Buffer) => void): number;
}

const maxSizeDigits = 12;
/** Largest trailer section, bytes. */
const maxTrailerBytes = 16 << 10;
const trailerLine = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[\t\x20-\x7e\x80-\xff]*$/;
/** Fields that mean something before the body (RFC 9110 section 6.5.1), and ours. */
const forbiddenTrailer =
  /^(?:transfer-encoding|content-(?!digest$|md5$)|host$|connection$|cookie|set-cookie|authorization$|proxy-|origin$|expect$|upgrade$|te$|trailer$|forwarded$|x-forwarded-|x-real-ip$|k8shell-|x-k8shell-|location$|access-control-)|_/i;

const createLengthScanner = (total: number): BodyScanner => {
  let left = total;
  return {
    get done() {
      return left === 0;
    },
    endless: false,
    scan(bytes, pass) {
      const taken = Math.min(left, bytes.length);
      left -= taken;
      if (taken > 0) pass(taken === bytes.length ? bytes : bytes.subarray(0, taken));
      return taken;
    },
  };
};

const hexValue = (code: number): number => {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
};

const invalid = () => new HeadError(400, "The chunked body is not valid.");

const checkTrailers = (text: string): void => {
  for (const line of text.split("\r\n")) {
    if (line === "") continue;
    const name = trailerLine.exec(line)?.[1];
    if (name === undefined) throw invalid();
    if (forbiddenTrailer.test(name)) throw new HeadError(400, `A trailer must not be ${name.slice(0, 64)}.`);
  }
};

/** Size lines without extensions, CRLF behind every chunk, checked trailers. The bytes pass as they are. */
const createChunkScanner = (): BodyScanner => {
  let state: "size" | "size-lf" | "data" | "data-cr" | "data-lf" | "trailers" | "done" = "size";
  let size = 0;
  let sizeDigits = 0;
  let trailers = "";
  return {
    get done() {
      return state === "done";
    },
    endless: false,
    scan(bytes, pass) {
      let at = 0;
      /** Where what has not been passed on begins. */
      let from = 0;
      while (at < bytes.length && state !== "done") {
        switch (state) {
          case "size": {
            const code = bytes[at++] ?? 0;
            const digit = hexValue(code);
            if (digit >= 0) {
              sizeDigits += 1;
              if (sizeDigits > maxSizeDigits) throw invalid();
              size = size * 16 + digit;
            } else if (code === 0x0d && sizeDigits > 0) state = "size-lf";
            else throw invalid();
            break;
          }
          case "size-lf":
            if (bytes[at++] !== 0x0a) throw invalid();
            sizeDigits = 0;
            if (size > 0) state = "data";
            else {
              // The end is held back until it is known to be in order.
              if (at > from) pass(bytes.subarray(from, at));
              from = at;
              state = "trailers";
            }
            break;
          case "data": {
            const taken = Math.min(size, bytes.length - at);
            at += taken;
            size -= taken;
            if (size === 0) state = "data-cr";
            break;
          }
          case "data-cr":
            if (bytes[at++] !== 0x0d) throw invalid();
            state = "data-lf";
            break;
          case "data-lf":
            if (bytes[at++] !== 0x0a) throw invalid();
            state = "size";
            break;
          case "trailers": {
            const text =
              trailers + bytes.toString("latin1", at, Math.min(bytes.length, at + maxTrailerBytes + 4));
            const end = text.startsWith("\r\n") ? 2 : text.indexOf("\r\n\r\n") + 4;
            if (end < 4 && end !== 2) {
              if (text.length > maxTrailerBytes) throw new HeadError(431, "The trailers are too large.");
              trailers = text;
              return bytes.length;
            }
            const section = text.slice(0, end);
            checkTrailers(section);
            at += end - trailers.length;
            pass(Buffer.from(section, "latin1"));
            state = "done";
            return at;
          }
        }
      }
      if (at > from) pass(from === 0 && at === bytes.length ? bytes : bytes.subarray(from, at));
      return at;
    },
  };
};

const nothing: BodyScanner = { done: true, endless: false, scan: () => 0 };
const endless: BodyScanner = {
  done: false,
  endless: true,
  scan(bytes, pass) {
    pass(bytes);
    return bytes.length;
  },
};

export const createBodyScanner = (framing: Framing): BodyScanner => {
  switch (framing.kind) {
    case "none":
      return nothing;
    case "length":
      return createLengthScanner(framing.bytes);
    case "chunked":
      return createChunkScanner();
    case "close":
      return endless;
  }
};
