/** The part of the standard `WebSocket` that is used here, and what the `ws` package has beyond it. */
export interface WebSocketLike {
  binaryType: string;
  readonly protocol: string;
  /** 1 while it is open. */
  readonly readyState: number;
  readonly bufferedAmount: number;
  onopen: (() => void) | null;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onclose: ((event: { readonly code: number; readonly reason: string }) => void) | null;
  onerror: (() => void) | null;
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
  /** Cuts the connection without waiting for the other side. */
  terminate?(): void;
  /** Reads no more, so that the other side has to wait. */
  pause?(): void;
  resume?(): void;
}

/**
 * Begins a WebSocket connection.
 * @param headers say who is calling; empty where the browser's session cookie does
 */
export type WebSocketFactory = (
  url: URL,
  protocols: readonly string[],
  headers: Readonly<Record<string, string>>,
) => WebSocketLike | Promise<WebSocketLike>;
