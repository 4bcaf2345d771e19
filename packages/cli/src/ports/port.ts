import { CliError, exitCodes } from "../errors.ts";

/** A TCP port. @throws CliError */
export const parsePort = (text: string, { zero = false }: { readonly zero?: boolean } = {}): number => {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535 && (port > 0 || zero)) return port;
  throw new CliError(`"${text}" is not a port.`, {
    hint: `Give a number from ${zero ? 0 : 1} to 65535, e.g. 8080`,
    exitCode: exitCodes.usage,
  });
};
