import { Duplex } from "node:stream";
import type { LingeringSocket } from "../http/lingering-close.ts";

/** What app connections need of a socket. */
export interface AppSocket extends LingeringSocket {
  readonly remoteAddress?: string | undefined;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  setNoDelay(noDelay?: boolean): unknown;
}

/**
 * A connection within this process. Bytes are copied on their way, as they are by a socket: writers use their memory again when
 * it has been taken, and readers give theirs back.
 * @param remoteAddress address of the client for which `far` stands
 */
export const createInnerConnection = (
  remoteAddress: string | undefined,
): { readonly near: Duplex; readonly far: AppSocket } => {
  /** Writes that wait until an end is read, by that end. */
  const waiting = new Map<Duplex, () => void>();
  const createEnd = (other: () => Duplex): Duplex => {
    const end = new Duplex({
      read() {
        const done = waiting.get(end);
        waiting.delete(end);
        done?.();
      },
      write(chunk: Buffer, _encoding, done) {
        const copy = Buffer.allocUnsafeSlow(chunk.length);
        copy.set(chunk);
        if (other().push(copy)) done();
        else waiting.set(other(), done);
      },
      final(done) {
        other().push(null);
        done();
      },
      destroy(error, done) {
        // Whoever ended in order has sent everything, and the other end may still read it.
        if (!end.writableFinished) other().destroy();
        done(error);
      },
    });
    return end;
  };
  const near = createEnd(() => far);
  const far: AppSocket = Object.assign(
    createEnd(() => near),
    { remoteAddress, bytesRead: 0, bytesWritten: 0, setNoDelay: () => {}, setTimeout: () => {} },
  );
  return { near, far };
};
