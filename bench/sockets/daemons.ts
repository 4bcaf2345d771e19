// Daemons of workspaces whose shells print by themselves, in one process: `daemons.ts ADDRESS...`. They serve what the
// gateway calls over real gRPC, without terminals: two thousand of those alone would take more than one core.
import { SshService, SystemService } from "@k8shell/contract/gen/k8shelld/v1/k8shelld_pb.js";
import { register, type ServiceImpl, startGrpcServer } from "@k8shell/rpc";
import { createShellBlocks } from "../../packages/workspaced/src/shell/shell-service.ts";
import { printBytes, printMs } from "./load.ts";

const text = Buffer.alloc(
  printBytes,
  `${"The quick brown fox jumps over the lazy dog. ".repeat(3).slice(0, 99)}\n`,
);

/** Prints 4 KB every 100 ms once it was typed at with `go`, and echoes single keys. Never more than the window ahead. */
const shell: ServiceImpl<typeof SshService>["shell"] = async function* (requests) {
  let wake: (() => void) | undefined;
  let printing = false;
  let due = 0;
  let offset = 0;
  let acknowledged = 0;
  let over = false;
  const echoes: Uint8Array[] = [];
  let timer: NodeJS.Timeout | undefined;
  let began = 0;
  let ticks = 0;
  /** By the clock: a timer alone is late each time, and would print less. */
  const tick = () => {
    const wanted = Math.floor((performance.now() - began) / printMs);
    if (offset - acknowledged < 192 * 1024) due += wanted - ticks;
    ticks = wanted;
    wake?.();
  };
  const read = async () => {
    for await (const { request } of requests) {
      if (request.case === "acknowledge") acknowledged = Number(request.value);
      if (request.case !== "data") continue;
      if (request.value.length === 1) echoes.push(request.value);
      else if (!printing) {
        printing = true;
        // Not all in the same instant.
        setTimeout(() => {
          began = performance.now();
          timer = setInterval(tick, printMs);
        }, Math.random() * printMs);
      }
      wake?.();
    }
  };
  read()
    .catch(() => {})
    .finally(() => {
      over = true;
      wake?.();
    });
  try {
    yield { response: { case: "startResponse", value: { pty: "/dev/pts/0", offset: 0n } } };
    while (!over) {
      const value = echoes.shift() ?? (due > 0 ? text : undefined);
      if (!value) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        continue;
      }
      if (value === text) due -= 1;
      offset += value.length;
      yield { response: { case: "data", value } };
    }
  } finally {
    clearInterval(timer);
  }
};

for (const address of process.argv.slice(2)) {
  await startGrpcServer({
    address,
    services: [
      register(SystemService, { handshake: () => ({ accepted: true, serverVersion: "1.0.0" }) }),
      register(SshService, { shell, resizeTerminal: () => ({}), getCWD: () => ({ path: "/" }) }),
    ],
    blocks: [createShellBlocks(shell)],
  });
}
console.log("listening");
