/** Where the command reads and writes: the process, or a test. */
export interface Io {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly stdin: NodeJS.ReadStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Ends with Ctrl-C. */
  readonly signal: AbortSignal;
}

/** Does a person look at the stream? */
export const isInteractive = (stream: { isTTY?: boolean }): boolean => stream.isTTY === true;

/** Writes, waiting until a slow reader has taken it. Resolves to false when the reader is gone (`| head`). */
export const write = (stream: NodeJS.WritableStream, data: string | Uint8Array): Promise<boolean> =>
  new Promise((resolve) => {
    stream.write(data, (error) => resolve(!error));
  });
