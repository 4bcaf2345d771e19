/** What happens to one stream. */
export interface StreamEvents {
  /** Headers of the peer: of the request on a server, of the response or its trailers on a client. */
  onHeaders(headers: ReadonlyMap<string, string>, last: boolean): void;
  onBlock(piece: Buffer): void;
  onMessage(message: Buffer): void;
  /** The peer sends no more. */
  onEnd(): void;
  /** There is room again after `write` answered false. */
  onDrain(): void;
  /** The stream was reset or its connection lost; nothing follows. */
  onReset(reason: string): void;
}

/** One HTTP/2 stream with gRPC messages. */
export interface BlockStream {
  /**
   * Sends a message that is one block of bytes. False: wait for `onDrain`; it is sent in any case.
   * @param sent called when nobody looks at `bytes` any more; not called when the stream or its connection ends before
   * @param borrowed nobody looks at `bytes` after the call: they are copied
   */
  write(tag: number, bytes: Buffer, sent?: () => void, borrowed?: boolean): boolean;
  /** Sends a message given as protobuf. */
  send(message: Buffer): void;
  headers(headers: ReadonlyArray<readonly [string, string]>, last: boolean): void;
  /** Sends no more. */
  end(): void;
  pause(): void;
  resume(): void;
  /** Resets the stream; no more events. */
  destroy(): void;
}

/** Of a stream nobody listens to. */
export const noEvents: StreamEvents = {
  onHeaders: () => undefined,
  onBlock: () => undefined,
  onMessage: () => undefined,
  onEnd: () => undefined,
  onDrain: () => undefined,
  onReset: () => undefined,
};
