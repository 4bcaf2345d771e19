import type { Client } from "@k8shell/sdk";
import type { Cli } from "../cli.ts";
import { baseName, joinPath, parsePlace } from "../files/workspace-path.ts";
import { findWorkspace } from "../workspace/find.ts";
import type { Candidate, Position } from "./position.ts";

/** What a source has to say. */
export interface Found {
  readonly candidates: readonly Candidate[];
  /** Names of local files may stand there too. */
  readonly files?: boolean;
  /** The word goes on behind a candidate. */
  readonly nospace?: boolean;
}

type Source = (cli: Cli, client: () => Promise<Client>, position: Position) => Promise<Found>;

const workspaces: Source = async (_cli, client) => {
  const { api } = await client();
  const list = await api.listWorkspaces();
  return {
    candidates: list.map(({ name, origin, blueprint, status }) => ({
      value: name,
      description: `${origin || blueprint}, ${status}`,
    })),
  };
};

const local: Source = async () => ({ candidates: [], files: true });

/** `workspace:path`, or where files of this machine are meant as well, a local one. */
const places =
  (withFiles: boolean): Source =>
  async (cli, client, position) => {
    const place = parsePlace(position.current);
    if (place.kind === "local") {
      if (/[/.~]/.test(position.current)) return { candidates: [], files: withFiles };
      const { candidates } = await workspaces(cli, client, position);
      return {
        candidates: candidates.map(({ value, description }) => ({ value: `${value}:`, description })),
        files: withFiles,
        nospace: true,
      };
    }
    const slash = place.path.lastIndexOf("/");
    const typed = position.current.slice(place.workspace.length + 1);
    const directory = typed === "" || slash < 0 ? "." : place.path.slice(0, slash) || "/";
    const api = await client();
    const name = await findWorkspace(api, place.workspace);
    const hidden = baseName(typed)?.startsWith(".") ?? false;
    const { entries } = await api.api.listFiles({ name, path: directory, hidden });
    return {
      candidates: entries.map((entry) => ({
        value: `${place.workspace}:${joinPath(directory, entry.name)}${entry.isDir ? "/" : ""}`,
        description: entry.isDir ? "directory" : "file",
      })),
      nospace: true,
    };
  };

const apps: Source = async (_cli, client, { operands }) => {
  const [workspace] = operands;
  if (workspace === undefined) return { candidates: [] };
  const api = await client();
  const name = await findWorkspace(api, workspace);
  const list = await api.api.listApps({ name });
  return { candidates: list.map((app) => ({ value: app.name, description: app.status })) };
};

/** By the placeholder of an argument or option. */
export const sources: Readonly<Record<string, Source>> = {
  workspace: workspaces,
  "workspace:path": places(false),
  source: places(true),
  target: places(true),
  path: local,
  file: local,
  context: async (cli) => {
    const { contexts } = await cli.config();
    return { candidates: contexts.map(({ name, server }) => ({ value: name, description: server })) };
  },
  user: async (_cli, client) => {
    const users = await (await client()).api.listUsers();
    return {
      candidates: users.map(({ username, fullname }) => ({ value: username, description: fullname })),
    };
  },
  blueprint: async (_cli, client) => {
    const names = await (await client()).api.listMyBlueprints();
    return { candidates: names.map((value) => ({ value, description: "blueprint" })) };
  },
  token: async (_cli, client) => {
    const tokens = await (await client()).api.listMyTokens();
    return { candidates: tokens.map(({ name, scopes }) => ({ value: name, description: scopes.join(",") })) };
  },
  app: apps,
  port: apps,
  service: async () => ({
    candidates: ["identity", "authz", "session", "provisioner", "workspaced"].map((value) => ({
      value,
      description: "one service",
    })),
  }),
};
