import type { Cli } from "../cli.ts";
import { plain } from "../output/table.ts";
import { confirm } from "../prompt.ts";
import { clientFor } from "./find.ts";

export interface DeleteFlags {
  readonly yes?: boolean;
}

export interface ShutdownFlags extends DeleteFlags {
  readonly delete?: boolean;
}

const end = async (cli: Cli, wanted: string, flags: ShutdownFlags): Promise<void> => {
  const { client, name } = await clientFor(cli, wanted);
  if (flags.delete) {
    const sure = await confirm(
      cli.io,
      `Delete ${name}? Its home directory and everything stored in it are lost for ever.`,
      flags.yes === true,
    );
    if (!sure) return cli.print.note("Nothing was done.");
  }
  const { message } = await client.api.deleteWorkspace({ name, delete: flags.delete });
  if (cli.print.json) await cli.print.value({ workspace: name, message });
  else cli.print.note(plain(message));
};

export const shutdown = (cli: Cli, wanted: string, flags: ShutdownFlags): Promise<void> =>
  end(cli, wanted, flags);

export const remove = (cli: Cli, wanted: string, flags: DeleteFlags): Promise<void> =>
  end(cli, wanted, { ...flags, delete: true });
