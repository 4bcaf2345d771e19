import type { FileExplorerResponse } from "@k8shell/contract/gen/cloudshell/cloudshell_pb.js";
import { K8shellError } from "../error.ts";
import type { RequestOptions } from "../transport.ts";
import type { ExplorerCommand } from "./dialect.ts";
import type { Explorer } from "./explorer-types.ts";

type Payload = FileExplorerResponse["payload"];

interface Waiting {
  readonly command: ExplorerCommand;
  readonly repeatable: boolean;
  sent: boolean;
  resolve(payload: Payload): void;
  reject(error: unknown): void;
}

/** Of an explorer, what the terminal it belongs to needs. */
export interface ExplorerCalls {
  readonly explorer: Explorer;
  connected(): void;
  disconnected(): void;
  /** There will be no further connection. */
  ended(error: K8shellError): void;
  answer(id: string, payload: Payload): void;
}

const standardTimeoutMs = 30_000;
/** Commands under way: the server closes the connection of a client with too many. */
const mostUnderWay = 16;

/**
 * @param send sends a command; only called between `connected` and `disconnected`
 */
export const createExplorerCalls = (send: (id: string, command: ExplorerCommand) => void): ExplorerCalls => {
  const waiting = new Map<string, Waiting>();
  let isConnected = false;
  let over: K8shellError | undefined;
  let last = 0;

  const pump = () => {
    if (!isConnected) return;
    let underWay = 0;
    for (const { sent } of waiting.values()) if (sent) underWay += 1;
    for (const [id, call] of waiting) {
      if (underWay >= mostUnderWay) return;
      if (call.sent) continue;
      call.sent = true;
      underWay += 1;
      send(id, call.command);
    }
  };
  const settle = (id: string): Waiting | undefined => {
    const call = waiting.get(id);
    waiting.delete(id);
    return call;
  };

  const ask = async (
    command: ExplorerCommand,
    repeatable: boolean,
    { signal, timeoutMs = standardTimeoutMs }: RequestOptions = {},
  ): Promise<Payload> => {
    signal?.throwIfAborted();
    if (over) throw over;
    const id = String(++last);
    const answer = Promise.withResolvers<Payload>();
    waiting.set(id, { command, repeatable, sent: false, resolve: answer.resolve, reject: answer.reject });
    const abort = () => answer.reject(signal?.reason);
    signal?.addEventListener("abort", abort, { once: true });
    const timer =
      timeoutMs > 0
        ? setTimeout(
            () =>
              answer.reject(
                new K8shellError(`The workspace did not answer within ${timeoutMs / 1000} seconds.`, {
                  status: 0,
                  code: "client_timeout",
                }),
              ),
            timeoutMs,
          )
        : undefined;
    pump();
    try {
      return await answer.promise;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
      waiting.delete(id);
      pump();
    }
  };
  const failed = (message: string) => new K8shellError(message, { status: 0, code: "file_error" });
  const wrong = () =>
    new K8shellError("The answer is not the one to this command.", { status: 0, code: "invalid_response" });

  const explorer: Explorer = {
    async list(path = "", { showHidden = false, ...options } = {}) {
      const answer = await ask({ case: "listFiles", value: { path, showHidden } }, true, options);
      if (answer.case !== "listFiles") throw wrong();
      const { files, error } = answer.value;
      if (error !== undefined && files.length === 0) throw failed(error);
      return {
        entries: files.map((file) => ({
          name: file.name,
          path: file.path,
          size: Number(file.size),
          mode: file.mode,
          isDirectory: file.isDir,
          modifiedAt: file.modTime,
        })),
        notice: error,
      };
    },
    async makeDirectory(path, name, options) {
      const answer = await ask({ case: "makeDirectory", value: { path, name } }, false, options);
      if (answer.case !== "makeDirectory") throw wrong();
      if (answer.value.error !== undefined) throw failed(answer.value.error);
    },
    async remove(path, options) {
      const answer = await ask({ case: "remove", value: { path } }, false, options);
      if (answer.case !== "remove") throw wrong();
      if (answer.value.error !== undefined) throw failed(answer.value.error);
    },
    async directory(options) {
      const answer = await ask({ case: "getCwd", value: {} }, true, options);
      if (answer.case !== "getCwd") throw wrong();
      if (answer.value.error !== undefined) throw failed(answer.value.error);
      return answer.value.path;
    },
  };

  return {
    explorer,
    connected() {
      isConnected = true;
      over = undefined;
      pump();
    },
    disconnected() {
      isConnected = false;
      for (const call of waiting.values()) {
        if (call.sent && !call.repeatable) {
          call.reject(
            new K8shellError(
              "The connection was lost before the workspace answered: look whether it was done.",
              {
                status: 0,
                code: "network_error",
              },
            ),
          );
        }
        call.sent = false;
      }
    },
    ended(error) {
      isConnected = false;
      over = error;
      for (const call of waiting.values()) call.reject(error);
      waiting.clear();
    },
    answer: (id, payload) => settle(id)?.resolve(payload),
  };
};
