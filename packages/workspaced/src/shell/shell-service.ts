import { setTimeout as sleep } from "node:timers/promises";
import { create } from "@bufbuild/protobuf";
import type { WorkspacedConfig } from "@k8shell/contract";
import {
  AcquireSessionFailureReason,
  type ShellRequest,
  ShellRequestSchema,
  type ShellStartRequest,
  SshService,
} from "@k8shell/contract/gen/k8shelld/v1/k8shelld_pb.js";
import { type BlockMethod, Code, RpcError, type ServiceImpl, streamedBlocks } from "@k8shell/rpc";
import { requireUser } from "../calls/as-user.ts";
import { onCancel, readRequests, requireId } from "../calls/request-stream.ts";
import { hasBegun, readCwd } from "../process/proc.ts";
import { watchSilence } from "../process/silence.ts";
import { createDetachKeys } from "./detach-keys.ts";
import type { AcquireFailure } from "./session-registry.ts";
import type { ShellManager } from "./shell-manager.ts";
import type { ShellSession } from "./shell-session.ts";

type Shell = ServiceImpl<typeof SshService>["shell"];

type ShellMethods = Pick<
  ServiceImpl<typeof SshService>,
  "shell" | "resizeTerminal" | "getCWD" | "acquireSession" | "listSessions"
>;

/** Largest data frame, bytes (grpc-behaviour section 4). */
const maxFrame = 32 * 1024;
/** Largest piece for a client that takes blocks, bytes: with what is put before it, one read of 64 KiB. */
const maxBlock = 60 * 1024;
/**
 * How long a half-close waits for a cancel behind it, milliseconds, where the two mean different things: gRPC clients on
 * Node cancel with END_STREAM first, and the reset comes a packet later.
 */
const cancelGraceMs = 200;
/** Time a new shell may take to begin its program, milliseconds. */
const maxBeginMs = 1000;

/** Input that waits longer than this waits for its program to read, milliseconds. */
const inputWaitMs = 50;

/** A daemon that has no processor meanwhile has not read the cancel yet. */
const nothingComes = () => new Promise<void>((resolve) => void watchSilence(cancelGraceMs, resolve));

/** What becomes of the shell when its client's stream is over. */
type Departure = "ended" | "destroy" | "detach" | "lost";

const failureReasons: Record<AcquireFailure, AcquireSessionFailureReason> = {
  "not-found": AcquireSessionFailureReason.NOT_FOUND,
  "already-acquired": AcquireSessionFailureReason.ALREADY_ACQUIRED,
  "no-terminal": AcquireSessionFailureReason.UNSPECIFIED,
};

const readStart = async (requests: AsyncIterator<ShellRequest>): Promise<ShellStartRequest> => {
  const first = await requests.next();
  if (first.done || first.value.request.case !== "startRequest") {
    throw new RpcError(Code.InvalidArgument, "the first message must be start_request");
  }
  return first.value.request.value;
};

/** The shell part of SshService (grpc-behaviour section 4). */
export const createShellMethods = ({
  config,
  shells,
}: {
  config: WorkspacedConfig;
  shells: ShellManager;
}): ShellMethods & {
  /** `shell` for a caller that uses each response before it asks for the next one. */
  readonly lendingShell: Shell;
} => {
  const { registry } = shells;
  const { allowSessionDetach } = config.shells;

  const requireDetach = () => {
    if (!allowSessionDetach)
      throw new RpcError(Code.PermissionDenied, "detaching sessions is not allowed in this workspace");
  };

  const attachAgain = (start: ShellStartRequest): ShellSession => {
    requireDetach();
    if (!start.usePty) throw new RpcError(Code.InvalidArgument, "attaching again needs a pty");
    return registry.claim(start.lockId);
  };

  const openNew = async (id: string, start: ShellStartRequest): Promise<ShellSession> => {
    if (start.detachOnClose) requireDetach();
    return shells.open({
      id,
      fallbackShell: start.cmdShell,
      variables: start.setEnvVars,
      terminal: start.usePty,
      columns: start.width,
      rows: start.height,
      showInitScripts: start.showInitScriptStatus,
    });
  };

  const shellWith = (lends: boolean): Shell =>
    async function* (requests, context) {
      const id = requireId(context, "session-id");
      const input = requests[Symbol.asyncIterator]();
      const start = await readStart(input);
      requireUser(start.asUser, config.username);
      const session = start.lockId === "" ? await openNew(id, start) : attachAgain(start);
      const pty = start.lockId === "" ? session.terminal : "";
      const client = session.attach(start.numberedOutput);
      const mayDetach = allowSessionDetach && session.terminal !== "";
      const detachKeys = mayDetach ? createDetachKeys() : undefined;

      let departed = false;
      let stopListening = () => {};
      const depart = (how: Departure) => {
        if (departed) return;
        departed = true;
        stopListening();
        if (how === "detach" || (how === "lost" && mayDetach && start.detachOnClose)) session.detach();
        else if (how !== "ended") session.destroy();
      };
      stopListening = onCancel(context, () => depart("lost"));

      const write = async (data: Uint8Array) => {
        const waiting = setTimeout(() => client.inputWaits(), inputWaitMs);
        await session.write(data);
        clearTimeout(waiting);
      };
      const pump = async () => {
        const end = await readRequests(input, context, async ({ request }) => {
          if (request.case === "acknowledge") client.acknowledge(Number(request.value));
          if (request.case !== "data") return true;
          const { forward, detach } = detachKeys?.(request.value) ?? {
            forward: request.value,
            detach: false,
          };
          if (forward.length > 0) await write(forward);
          if (detach) depart("detach");
          return !departed;
        });
        if (end === "lost") depart("lost");
        else if (end === "half-close") {
          // Without a terminal the end of input is the script's end of file, not a closed window.
          if (session.terminal === "") session.endInput();
          else {
            if (mayDetach && start.detachOnClose) await nothingComes();
            depart("destroy");
          }
        }
      };

      try {
        const offset = start.numberedOutput ? BigInt(client.offset) : undefined;
        yield { response: { case: "startResponse", value: { pty, offset } } };
        void pump();
        for (;;) {
          const data = await client.output.take(lends ? maxBlock : maxFrame);
          if (data === undefined) break;
          yield { response: { case: "data", value: lends ? data : Uint8Array.from(data) } };
        }
        if (start.numberedOutput && session.exitCode !== undefined) {
          yield { response: { case: "exit", value: { code: session.exitCode } } };
        }
        depart("ended");
      } finally {
        depart("lost");
      }
    };

  return {
    shell: shellWith(false),
    lendingShell: shellWith(true),

    resizeTerminal({ width, height }, context) {
      const session = registry.find(requireId(context, "session-id"));
      if (session === undefined) throw new RpcError(Code.NotFound, "no such shell session");
      session.resize(width, height);
      return {};
    },

    async getCWD({ shellId }) {
      if (shellId === "") throw new RpcError(Code.InvalidArgument, "shell_id is missing");
      const session = registry.find(shellId);
      if (session === undefined) throw new RpcError(Code.NotFound, "no such shell session");
      if (session.state === "ended") throw new RpcError(Code.FailedPrecondition, "the shell has ended");
      // Asked at once, a shell would still be in the daemon's own directory.
      const waitUntil = session.created.getTime() + maxBeginMs;
      while (!hasBegun(session.pid) && Date.now() < waitUntil) await sleep(5);
      try {
        return { path: readCwd(session.pid) };
      } catch (error) {
        throw new RpcError(Code.Internal, "the directory of the shell cannot be read", { cause: error });
      }
    },

    acquireSession({ sessionId }) {
      requireDetach();
      const outcome = registry.acquire(sessionId);
      if ("failure" in outcome) return { success: false, failureReason: failureReasons[outcome.failure] };
      return { success: true, lockId: outcome.lockId };
    },

    listSessions() {
      requireDetach();
      return {
        sessions: registry.acquirable().map((session) => ({
          sessionId: session.id,
          owner: config.username,
          cmdShell: session.shell,
          pid: session.pid,
          created: session.created.toISOString(),
          detachedAt: session.detachedAt?.toISOString() ?? "",
        })),
      };
    },
  };
};

/** The same shells for clients that send blocks. */
export const createShellBlocks = (lendingShell: Shell): BlockMethod =>
  streamedBlocks({
    method: SshService.method.shell,
    requestTag: 0x1a,
    responseTag: 0x12,
    requestOf: (value) => create(ShellRequestSchema, { request: { case: "data", value } }),
    blockOf: ({ response }) => (response?.case === "data" ? response.value : undefined),
    implementation: lendingShell,
  });
