import type { Command } from "commander";
import type { Cli } from "../cli.ts";
import type { Act } from "../program.ts";

/** Its options are the server's own: main hands them on before the command line is read. */
export const addServe = (program: Command, act: Act): void => {
  program
    .command("serve")
    .description("run the server: the whole platform, or one service of it (its options: serve --help)")
    .argument("[service]", "identity, authz, session, provisioner or workspaced; nothing for the platform")
    .argument("[options...]", "of the server, e.g. --data DIR, --port PORT, --config FILE")
    .allowUnknownOption()
    .helpOption(false)
    .action(
      act(() =>
        import("../serve.ts").then(
          ({ runServer }) =>
            (_cli: Cli, service: string | undefined, options: readonly string[]) =>
              runServer([...(service === undefined ? [] : [service]), ...options]),
        ),
      ),
    );
};
