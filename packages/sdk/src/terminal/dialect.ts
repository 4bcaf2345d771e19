import type { MessageInitShape } from "@bufbuild/protobuf";
import type {
  FileExplorerCommandSchema,
  FileExplorerResponse,
} from "@k8shell/contract/gen/cloudshell/cloudshell_pb.js";
import type { ListedTerminalView, TerminalInfo, TerminalRole, TerminalSize } from "./types.ts";

/** What is on the screen: bytes of a stream before `offset`. */
export interface Position {
  readonly stream: string;
  readonly offset: number;
}

export interface Welcome extends Position {
  readonly info: TerminalInfo;
  /** Bytes the server sends beyond what was acknowledged. */
  readonly window: number;
  /** Output before this was printed before this connection; 0 where the server does not tell. */
  readonly head: number;
}

/** One message of a server; `other` where it is of no interest. */
export type ServerEvent =
  | { readonly kind: "welcome"; readonly welcome: Welcome }
  /** Without an offset from a server that does not number output. */
  | { readonly kind: "output"; readonly offset: number | undefined; readonly data: Uint8Array }
  | {
      readonly kind: "snapshot";
      readonly offset: number;
      readonly size: TerminalSize;
      readonly data: Uint8Array;
    }
  | { readonly kind: "resized"; readonly size: TerminalSize }
  | { readonly kind: "exit"; readonly code: number | undefined }
  | { readonly kind: "notice"; readonly text: string }
  | { readonly kind: "explorer"; readonly id: string; readonly response: FileExplorerResponse["payload"] }
  | { readonly kind: "terminals"; readonly list: readonly ListedTerminalView[] }
  | { readonly kind: "other" };

export interface Hello {
  readonly size: TerminalSize;
  readonly join: string | undefined;
  readonly role: TerminalRole | undefined;
  readonly resume: Position | undefined;
}

export type ExplorerCommand = NonNullable<MessageInitShape<typeof FileExplorerCommandSchema>["payload"]>;

/** A subprotocol from the client's side. Frames that it does not have are undefined. */
export interface ClientDialect {
  /** @throws Error when the bytes are no message of a server */
  decode(frame: Uint8Array): ServerEvent;
  hello(hello: Hello): Uint8Array | undefined;
  input(data: Uint8Array): Uint8Array;
  resize(size: TerminalSize): Uint8Array;
  acknowledge(offset: number): Uint8Array | undefined;
  ping(): Uint8Array;
  explorer(id: string, command: ExplorerCommand): Uint8Array;
  list(): Uint8Array | undefined;
  end(): Uint8Array | undefined;
}
