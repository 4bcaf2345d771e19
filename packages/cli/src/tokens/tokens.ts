import type { AccessToken, Client } from "@k8shell/sdk";
import type { Cli } from "../cli.ts";
import { CliError, exitCodes } from "../errors.ts";
import { formatTime } from "../output/format.ts";
import type { Column } from "../output/table.ts";
import { confirm } from "../prompt.ts";
import { parseExpiry } from "./duration.ts";

const columns: Column<AccessToken>[] = [
  { title: "ID", text: ({ id }) => String(id) },
  { title: "NAME", text: ({ name }) => name },
  { title: "TOKEN", text: ({ tokenPreview }) => `${tokenPreview}…` },
  { title: "SCOPES", text: ({ scopes }) => scopes.join(",") },
  { title: "EXPIRES", text: ({ expiresAt }) => (expiresAt ? formatTime(expiresAt) : "never") },
  { title: "LAST_USED", text: ({ lastUsedAt }) => formatTime(lastUsedAt) },
  { title: "ACTIVE", text: ({ isActive }) => (isActive ? "yes" : "no") },
];

export interface ListFlags {
  readonly username?: string;
  readonly sort?: string;
}

export const list = async (cli: Cli, { username, sort }: ListFlags): Promise<void> => {
  const { api } = await cli.client();
  const tokens = username ? await api.listUserTokens({ username }) : await api.listMyTokens();
  await cli.print.table(columns, tokens, { sort, empty: "No tokens: k8shell token create NAME" });
};

/** The token of that name or id. @throws CliError */
const find = async (client: Client, wanted: string): Promise<AccessToken> => {
  const tokens = await client.api.listMyTokens();
  const found = tokens.find(({ name }) => name === wanted) ?? tokens.find(({ id }) => String(id) === wanted);
  if (found) return found;
  throw new CliError(`There is no token ${wanted}.`, {
    hint: "See which there are: k8shell token list",
    exitCode: exitCodes.notFound,
  });
};

/** A token is shown once: alone on standard output, so that scripts can take it. */
const show = async (cli: Cli, created: { id: number; token: string }, name: string): Promise<void> => {
  if (cli.print.json) return cli.print.value({ ...created, name });
  cli.print.note("This token is shown once. Keep it where only you can read it:");
  await cli.print.line(created.token);
};

export interface CreateFlags {
  readonly scope: readonly string[];
  readonly expires: string;
}

export const create = async (cli: Cli, name: string, { scope, expires }: CreateFlags): Promise<void> => {
  const scopes = scope.flatMap((text) => text.split(",")).filter((text) => text !== "");
  const { api } = await cli.client();
  const created = await api.createMyToken({ body: { name, scopes, expires_at: parseExpiry(expires) } });
  await show(cli, created, name);
};

export interface RenewFlags {
  readonly expires?: string;
}

/** The same length of life again, beginning now. */
const sameSpan = ({ createdAt, expiresAt }: AccessToken, now: number): string | undefined =>
  createdAt && expiresAt
    ? new Date(now + Date.parse(expiresAt) - Date.parse(createdAt)).toISOString()
    : undefined;

export const renew = async (cli: Cli, wanted: string, { expires }: RenewFlags): Promise<void> => {
  const context = await cli.context();
  const client = await cli.clientOf(context);
  const token = await find(client, wanted);
  const created = await client.api.createMyToken({
    body: {
      name: token.name,
      scopes: token.scopes,
      renew: true,
      expires_at: expires === undefined ? sameSpan(token, Date.now()) : parseExpiry(expires),
    },
  });
  const config = await cli.config();
  const saved = config.contexts.find(({ name }) => name === context.name);
  if (saved && token.tokenPreview !== "" && context.token.startsWith(token.tokenPreview)) {
    config.put({ ...saved, token: created.token });
    await config.save();
    cli.print.note(`The context "${saved.name}" has the new token now.`);
    if (cli.print.json) await cli.print.value({ id: created.id, name: token.name, context: saved.name });
    return;
  }
  await show(cli, created, token.name);
};

export interface RevokeFlags {
  readonly yes?: boolean;
}

export const revoke = async (cli: Cli, wanted: string, { yes }: RevokeFlags): Promise<void> => {
  const client = await cli.client();
  const token = await find(client, wanted);
  const question = `Revoke the token ${token.name}? Whatever uses it is signed out at once.`;
  if (!(await confirm(cli.io, question, yes === true))) return cli.print.note("Nothing was done.");
  await client.api.revokeMyToken({ id: token.id });
  if (cli.print.json) await cli.print.value({ id: token.id, name: token.name });
  else cli.print.note(`The token ${token.name} is revoked.`);
};
