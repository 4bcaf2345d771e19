import { SftpStatus } from "../protocol.ts";
import { type Connection, expectType } from "./connection.ts";
import { createInterruption } from "./interruption.ts";
import { SftpError, statusError } from "./sftp-error.ts";

export interface ReadOptions {
  /** First byte, from 0 (default). */
  start?: number;
  /** Last byte, inclusive as in Node's createReadStream. Default: the end of the file. */
  end?: number;
  signal?: AbortSignal;
}

/** Bytes asked for and not yet taken at most, as far as two requests do not ask for more. */
const maxInFlight = 2 * 1024 * 1024;
/** A server that answers with less than this is taken to be at the end of the file, not to have a smaller limit. */
const smallestLength = 4 * 1024;

interface Piece {
  readonly data: readonly Uint8Array[];
  readonly last: boolean;
}

/**
 * Reads an open file in order with `window` requests in flight. New requests are made only as the data is taken, so
 * at most `window` answers are held. When the end is not given the window opens step by step, which keeps the
 * requests beyond the end of a small file few.
 */
export async function* readFile(
  connection: Connection,
  handle: Uint8Array,
  window: number,
  { start = 0, end = Number.POSITIVE_INFINITY, signal }: ReadOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const interruption = createInterruption(signal, connection.ended);
  const inFlight: Promise<Piece>[] = [];

  try {
    let length = (await interruption.wait(connection.limits)).read;

    const fetch = async (offset: number, wanted: number): Promise<Piece> => {
      const data: Uint8Array[] = [];
      let got = 0;
      while (got < wanted) {
        const response = await connection.request({
          type: "read",
          handle,
          offset: offset + got,
          length: wanted - got,
        });
        if (response.type === "status") {
          if (response.code === SftpStatus.Eof) return { data, last: true };
          throw statusError(response.code, response.message);
        }
        const piece = expectType(response, "data").data;
        if (piece.length === 0 || piece.length > wanted - got) {
          throw new SftpError(SftpStatus.BadMessage, "data of an unexpected length");
        }
        // More follows a short answer: the server's own limit is smaller than what it was asked for.
        if (got >= smallestLength && got < length) length = got;
        data.push(piece);
        got += piece.length;
      }
      return { data, last: false };
    };

    let next = start;
    let width = Number.isFinite(end) ? window : 2;
    for (;;) {
      const most = Math.max(2, Math.min(width, Math.floor(maxInFlight / length)));
      while (next <= end && inFlight.length < most) {
        const wanted = Math.min(length, end - next + 1);
        const piece = fetch(next, wanted);
        // Looked at in its turn, or not at all when the reader leaves before.
        piece.catch(() => {});
        inFlight.push(piece);
        next += wanted;
      }
      const head = inFlight.shift();
      if (!head) return;
      const { data, last } = await interruption.wait(head);
      for (const chunk of data) {
        yield chunk;
        interruption.check();
      }
      if (last) return;
      width = Math.min(window, width * 2);
    }
  } finally {
    interruption.dispose();
  }
}
