import { Code, RpcError } from "@k8shell/rpc";
import { expect, test } from "vitest";
import type { WorkspaceClient } from "../backends/backends.ts";
import { createHubTerminal } from "./hub-terminal.ts";

/** How a terminal ends whose output ends in order without a status, when the daemon answers so about the shell. */
const endOf = (getCWD: () => Promise<unknown>) =>
  createHubTerminal({
    daemon: { ssh: { getCWD } } as unknown as WorkspaceClient,
    shellId: "ws-1",
    call: {
      offset: 0,
      read: ({ onEnd }) => queueMicrotask(() => onEnd(undefined)),
      pause() {},
      resume() {},
      exitCode: () => undefined,
      acknowledge() {},
      write: async () => {},
      end() {},
      detach() {},
    },
    detachable: true,
    size: { cols: 80, rows: 24 },
    screen: undefined,
    renewLater() {},
    lingerMs: 0,
    log: { debug() {} },
  }).over;

const answer = (code: Code) => async () => {
  throw new RpcError(code, "no");
};

test("a shell is over when the workspace does not have it any more, and only then", async () => {
  expect(await endOf(async () => ({ path: "/" }))).toEqual({ kind: "detached" });
  expect(await endOf(answer(Code.NotFound))).toEqual({ kind: "exited", code: undefined });
  expect(await endOf(answer(Code.FailedPrecondition))).toEqual({ kind: "exited", code: undefined });
  expect(await endOf(answer(Code.Unavailable))).toMatchObject({ kind: "lost" });
  expect(await endOf(answer(Code.DeadlineExceeded))).toMatchObject({ kind: "lost" });
});
