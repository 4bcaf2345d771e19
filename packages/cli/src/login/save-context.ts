import type { Cli } from "../cli.ts";
import type { Context } from "../config/config-file.ts";

/** Saves a context for a token, after asking the server whose it is, and makes it the active one. */
export const saveContext = async (cli: Cli, context: Omit<Context, "username">): Promise<Context> => {
  const { api } = await cli.clientOf(context);
  const { username } = await api.getMyProfile();
  const config = await cli.config();
  const saved = { ...context, username };
  config.put(saved);
  config.use(saved.name);
  await config.save();
  return saved;
};
