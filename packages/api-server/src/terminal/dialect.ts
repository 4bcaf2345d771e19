import type { MessageInitShape } from "@bufbuild/protobuf";
import type {
  FileExplorerMessage,
  FileExplorerResponseSchema,
} from "@k8shell/contract/gen/cloudshell/cloudshell_pb.js";
import type { OutputFormat } from "./output-viewer.ts";
import type { Role } from "./roles.ts";
import type { TerminalSize } from "./shell-opener.ts";

/** What a client has on its screen. */
export interface StreamPosition {
  readonly stream: string;
  readonly offset: number;
}

/** How a client begins. */
export interface ClientHello {
  readonly size: TerminalSize | undefined;
  /** A terminal to join; undefined: the one of the tab. */
  readonly terminal: string | undefined;
  readonly role: Role | undefined;
  readonly resume: StreamPosition | undefined;
}

/** One message of a client. `other`: what only a server sends, or a newer client. */
export type ClientEvent =
  | { readonly kind: "hello"; readonly hello: ClientHello }
  | { readonly kind: "input"; readonly data: Uint8Array }
  | { readonly kind: "resize"; readonly cols: number; readonly rows: number }
  | { readonly kind: "acknowledge"; readonly offset: number }
  | { readonly kind: "ping" | "list" | "end" | "other" }
  | { readonly kind: "explorer"; readonly message: FileExplorerMessage };

/** How a client's terminal begins. */
export interface TerminalWelcome extends TerminalSize, StreamPosition {
  readonly terminal: string;
  readonly role: Role;
  readonly reattached: boolean;
  readonly detachable: boolean;
  /** Output up to here is kept already. */
  readonly head: number;
}

/** One line of the list of terminals. */
export interface ListedTerminal {
  readonly terminal: string;
  readonly owner: string;
  readonly state: "detached" | "attached" | "elsewhere";
  /** RFC 3339; empty when unknown. */
  readonly createdAt: string;
  readonly viewers: readonly { readonly username: string; readonly role: Role }[];
}

/** A subprotocol of the terminal socket. Frames that it does not have are undefined. */
export interface Dialect {
  /** Does the client begin with a hello? Else the address says everything. */
  readonly greets: boolean;
  /** Does the client acknowledge output and take up its own position again? */
  readonly numbered: boolean;
  /** @throws Error when the bytes are no message of a client */
  decode(frame: Uint8Array): ClientEvent;
  pong(): Uint8Array;
  /** Text for the user. */
  notice(text: string): Uint8Array;
  explorer(id: string, response: MessageInitShape<typeof FileExplorerResponseSchema>): Uint8Array;
  welcome(welcome: TerminalWelcome): Uint8Array | undefined;
  exit(code: number | undefined): Uint8Array | undefined;
  terminals(list: readonly ListedTerminal[]): Uint8Array | undefined;
  /** For the output of one connection. */
  output(): OutputFormat;
}
