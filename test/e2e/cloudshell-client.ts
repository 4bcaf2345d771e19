import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import {
  CloudshellMessageSchema,
  type FileExplorerResponse,
} from "@k8shell/contract/gen/cloudshell/cloudshell_pb.js";
import { WebSocket } from "ws";
import type { RunningServer } from "./harness.ts";

type Payload = NonNullable<MessageInitShape<typeof CloudshellMessageSchema>["payload"]>;

/** A terminal as a browser or SDK has it. */
export interface CloudshellClient {
  /** All terminal output so far. */
  output(): string;
  /** Bytes of output text received. */
  send(payload: Payload): void;
  type(text: string): void;
  /** Resolves when the output after `from` contains `text`; returns the whole output. */
  waitFor(text: string | RegExp, from?: number): Promise<string>;
  explore(command: Extract<Payload, { case: "fileExplorer" }>["value"]): Promise<FileExplorerResponse>;
  /** Stops reading from the socket, as a stalled client does. */
  pause(): void;
  resume(): void;
  close(): Promise<void>;
  readonly closed: Promise<{ code: number; reason: string }>;
}

export const openCloudshell = async (
  server: RunningServer,
  workspace: string,
  options: { tab: string; token?: string; cols?: number; rows?: number; headers?: Record<string, string> },
): Promise<CloudshellClient> => {
  const query = new URLSearchParams({
    tab: options.tab,
    cols: String(options.cols ?? 80),
    rows: String(options.rows ?? 24),
  });
  const url = `${server.url.replace("http", "ws")}/api/v1/workspaces/${workspace}/interactive?${query}`;
  const socket = new WebSocket(url, "cloudshell-v1", {
    headers: { authorization: `Bearer ${options.token ?? (await server.adminToken())}`, ...options.headers },
    perMessageDeflate: false,
  });
  let text = "";
  let failure: string | undefined;
  const waiting = new Set<() => void>();
  const responses = new Map<string, (response: FileExplorerResponse) => void>();

  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on("close", (code, reason) => {
      resolve({ code, reason: reason.toString() });
      for (const check of waiting) check();
    });
  });
  socket.on("message", (data) => {
    const { payload } = fromBinary(CloudshellMessageSchema, new Uint8Array(data as Buffer));
    if (payload.case === "terminalOutput") text += payload.value.data;
    if (payload.case === "terminalError") failure = payload.value.data;
    if (payload.case === "fileExplorer" && payload.value.payload.case === "response") {
      responses.get(payload.value.id)?.(payload.value.payload.value);
    }
    for (const check of waiting) check();
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", reject);
    socket.once("unexpected-response", (_request, response) =>
      reject(new Error(`upgrade answered ${response.statusCode}`)),
    );
  });

  const send = (payload: Payload) =>
    socket.send(toBinary(CloudshellMessageSchema, create(CloudshellMessageSchema, { payload })));
  return {
    output: () => text,
    send,
    type: (data) => send({ case: "terminalInput", value: { data } }),
    waitFor: (wanted, from = 0) =>
      new Promise((resolve, reject) => {
        const check = () => {
          const seen = text.slice(from);
          if (typeof wanted === "string" ? seen.includes(wanted) : wanted.test(seen)) {
            waiting.delete(check);
            resolve(text);
          } else if (failure !== undefined || socket.readyState === WebSocket.CLOSED) {
            waiting.delete(check);
            reject(
              new Error(
                `terminal ended (${failure ?? "closed"}) before ${wanted}; it printed: ${seen.slice(-500)}`,
              ),
            );
          }
        };
        waiting.add(check);
        check();
      }),
    explore: (value) =>
      new Promise((resolve) => {
        responses.set(value.id ?? "", resolve);
        send({ case: "fileExplorer", value });
      }),
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    async close() {
      socket.close(1000);
      await closed;
    },
    closed,
  };
};
