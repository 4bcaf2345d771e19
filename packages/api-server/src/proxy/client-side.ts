import { createLentWriter } from "@k8shell/rpc";
import { closeLingering, type LingeringSocket } from "../http/lingering-close.ts";

/** The client's end of a connection to app hosts: written in few packets, read only as fast as it may be. */
export interface ClientSide {
  /**
   * Writes, text as latin1; bytes are looked at only until it returns. What comes in one turn of the event loop leaves in
   * one packet: what was read of an app holds several pieces of a body. False: the client is slow, and the app is not to be
   * read until it has taken what waits.
   */
  write(bytes: Buffer | string): boolean;
  /** Before somebody else writes to the socket. */
  flush(): void;
  readonly paused: boolean;
  pause(): void;
  resume(): void;
  /** Sends what is written and closes, as `closeLingering` does; what the client still sends is thrown away. */
  end(): void;
}

/** Bytes that wait for a slow client before the app is not read any further. */
const maxUnsent = 256 << 10;

export const createClientSide = (socket: LingeringSocket): ClientSide => {
  const writer = createLentWriter(socket, maxUnsent);
  let paused = false;

  return {
    write(bytes) {
      if (typeof bytes !== "string") return writer.write(bytes);
      writer.flush();
      return socket.write(bytes, "latin1") || socket.writableLength <= maxUnsent;
    },
    flush: writer.flush,
    get paused() {
      return paused;
    },
    pause() {
      if (paused) return;
      paused = true;
      socket.pause();
    },
    resume() {
      if (!paused) return;
      paused = false;
      socket.resume();
    },
    end() {
      writer.flush();
      closeLingering(socket);
    },
  };
};
