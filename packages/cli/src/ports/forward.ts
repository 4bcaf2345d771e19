import type { ListeningForward } from "@k8shell/sdk/node";
import type { Cli } from "../cli.ts";
import { CliError, exitCodes, toCliError } from "../errors.ts";
import { plain } from "../output/table.ts";
import { clientFor } from "../workspace/find.ts";
import { parsePort } from "./port.ts";

export interface ForwardFlags {
  readonly bind: string;
}

/** `3000`, `8080:3000`, or `:3000` for any free port of this machine. @throws CliError */
export const parsePair = (text: string): { local: number; remote: number } => {
  const colon = text.indexOf(":");
  if (colon < 0) return { local: parsePort(text), remote: parsePort(text) };
  const local = text.slice(0, colon);
  return {
    local: local === "" ? 0 : parsePort(local, { zero: true }),
    remote: parsePort(text.slice(colon + 1)),
  };
};

const refused = (error: NodeJS.ErrnoException, host: string, port: number): CliError => {
  const hints: Readonly<Record<string, string>> = {
    EADDRINUSE: "Another program has it: choose another port, or :PORT for a free one",
    EACCES: "Ports below 1024 are for the system: choose a higher one",
    EADDRNOTAVAIL: "This machine does not have that address: see --bind",
  };
  return new CliError(`Port ${port} of ${host} cannot be had${error.code ? ` (${error.code})` : ""}.`, {
    hint: hints[error.code ?? ""] ?? "Choose another port or address",
    exitCode: exitCodes.conflict,
    cause: error,
  });
};

/** Makes ports of a workspace ports of this machine until Ctrl-C. */
export const forward = async (
  cli: Cli,
  wanted: string,
  pairs: readonly string[],
  { bind }: ForwardFlags,
): Promise<void> => {
  const ports = pairs.map(parsePair);
  const { client, name } = await clientFor(cli, wanted);
  // Refused now rather than with the first connection.
  await client.api.getWorkspace({ name });
  const { listenAndForward } = await import("@k8shell/sdk/node");
  const listening: ListeningForward[] = [];
  try {
    for (const { local, remote } of ports) {
      const one = await listenAndForward(client, {
        workspace: name,
        port: remote,
        localPort: local,
        host: bind,
        signal: cli.io.signal,
        onError(error) {
          cli.io.stderr.write(`port ${remote}: ${plain(toCliError(error).message)}\n`);
        },
      }).catch((error: NodeJS.ErrnoException) => {
        if (error.syscall === undefined) throw error;
        throw refused(error, bind, local);
      });
      listening.push(one);
      const host = one.host.includes(":") ? `[${one.host}]` : one.host;
      if (cli.print.json) {
        await cli.print.line(JSON.stringify({ host: one.host, port: one.port, workspacePort: remote }));
      } else await cli.print.line(`${host}:${one.port} -> ${name}:${remote}`);
    }
    cli.print.note("Ctrl-C ends it.");
    if (!cli.io.signal.aborted) {
      await new Promise((ended) => cli.io.signal.addEventListener("abort", ended, { once: true }));
    }
  } finally {
    await Promise.all(listening.map((one) => one.close()));
  }
  cli.io.signal.throwIfAborted();
};
