import { serveMcpStdio } from "@k8shell/mcp";
import type { Cli } from "../cli.ts";

/** Serves tools on standard input and output until they end. */
export const serve = async (cli: Cli): Promise<void> => {
  await serveMcpStdio({ client: await cli.client(), version: cli.version }, cli.io.signal);
};
