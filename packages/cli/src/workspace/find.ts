import type { Client } from "@k8shell/sdk";
import type { Cli } from "../cli.ts";
import { CliError, exitCodes } from "../errors.ts";

/** The end of every name that the platform gives: 7 digits of a hash. */
const fullName = /-[0-9a-f]{7}$/;

/**
 * The name of the workspace that somebody means: its name, or what it was made from (`dev`, `acme/portal`) when one
 * workspace of theirs was made from that.
 * @throws CliError when several were
 */
export const findWorkspace = async (client: Client, wanted: string): Promise<string> => {
  if (fullName.test(wanted)) return wanted;
  const workspaces = await client.api.listWorkspaces();
  if (workspaces.some(({ name }) => name === wanted)) return wanted;
  const made = workspaces.filter(({ origin, blueprint }) => origin === wanted || blueprint === wanted);
  const [first, second] = made;
  if (second) {
    throw new CliError(`Several workspaces are made from ${wanted}.`, {
      hint: `Say which: ${made.map(({ name }) => name).join(", ")}`,
      exitCode: exitCodes.usage,
    });
  }
  // Somebody else's, or none: the server tells.
  return first?.name ?? wanted;
};

/** A client, and the name of the workspace that somebody means. */
export const clientFor = async (cli: Cli, wanted: string): Promise<{ client: Client; name: string }> => {
  const client = await cli.client();
  return { client, name: await findWorkspace(client, wanted) };
};
