import { createHash, randomBytes } from "node:crypto";
import { chmod, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { Document, parseDocument } from "yaml";
import { CliError, exitCodes } from "../errors.ts";
import { explainFile } from "../system-error.ts";

/** A server and who one is there. The file is shared with the platform's own command. */
export interface Context {
  readonly name: string;
  readonly server: string;
  readonly token: string;
  readonly username: string;
  /** Do not verify the server's certificate. */
  readonly insecure: boolean;
  /** The SSH gateway, `host[:port]`, where workspaces do not tell it. */
  readonly sshHost?: string | undefined;
}

export interface ConfigFile {
  readonly path: string;
  readonly current: string | undefined;
  readonly contexts: readonly Context[];
  /** Adds a context or replaces the one of its name. */
  put(context: Context): void;
  /** Removes a context; it is not current any more either. */
  remove(name: string): void;
  use(name: string): void;
  /** Writes the file (mode 0600) in one step. What this command does not know in it stays. @throws CliError */
  save(): Promise<void>;
}

/** `~/.config/k8shell/config.yaml`, or below `$XDG_CONFIG_HOME`. */
export const defaultConfigPath = (env: Readonly<Record<string, string | undefined>>): string =>
  join(env.XDG_CONFIG_HOME || join(env.HOME || homedir(), ".config"), "k8shell", "config.yaml");

const text = (value: unknown): string => (typeof value === "string" ? value : "");

const contextOf = (value: unknown): Context | undefined => {
  if (typeof value !== "object" || value === null) return undefined;
  const field = (name: string): unknown => Reflect.get(value, name);
  const name = text(field("name"));
  const server = text(field("server"));
  if (name === "" || server === "") return undefined;
  return {
    name,
    server,
    token: text(field("token")),
    username: text(field("username")),
    insecure: field("insecure") === true,
    sshHost: text(field("sshHost")) || undefined,
  };
};

/** Tells contexts of one user and token apart; only clients read it (rest-contract 6.20). */
const tokenHash = ({ token, username }: Context): string =>
  createHash("sha256").update(`${token}\0${username}`).digest("hex");

const unusable = (path: string, verb: "read" | "written", cause: unknown): CliError => {
  const why = explainFile(cause)?.why;
  return new CliError(`The configuration file ${path} cannot be ${verb}${why ? `: ${why}` : ""}.`, {
    hint: "Check its permissions, or use another one with --config FILE",
    exitCode: exitCodes.usage,
    cause,
  });
};

const readText = async (path: string): Promise<string> => {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw unusable(path, "read", cause);
  }
};

/**
 * Reads the contexts; a missing file has none.
 * @throws CliError when the file is there but cannot be read or is not YAML
 */
export const openConfigFile = async (path: string): Promise<ConfigFile> => {
  const written = await readText(path);
  const document: Document = written.trim() === "" ? new Document({}) : parseDocument(written);
  const problem = document.errors[0];
  if (problem) {
    throw new CliError(`The configuration file ${path} is not valid YAML: ${problem.message}`, {
      hint: "Correct it, or move it away and sign in again: k8shell login",
      exitCode: exitCodes.usage,
    });
  }
  const listed = (): unknown[] => {
    const list: unknown = document.toJS()?.contexts;
    return Array.isArray(list) ? list : [];
  };
  const indexOf = (name: string) => listed().findIndex((value) => contextOf(value)?.name === name);
  const toYaml = (context: Context) =>
    document.createNode({
      name: context.name,
      server: context.server,
      token: context.token,
      username: context.username,
      tokenHash: tokenHash(context),
      ...(context.insecure ? { insecure: true } : {}),
      ...(context.sshHost === undefined ? {} : { sshHost: context.sshHost }),
    });

  return {
    path,
    get current() {
      return text(document.toJS()?.["current-context"]) || undefined;
    },
    get contexts() {
      return listed()
        .map(contextOf)
        .filter((context) => context !== undefined);
    },
    put(context) {
      const index = indexOf(context.name);
      if (index >= 0) document.setIn(["contexts", index], toYaml(context));
      else if (listed().length > 0) document.addIn(["contexts"], toYaml(context));
      else document.set("contexts", document.createNode([toYaml(context)]));
    },
    remove(name) {
      const index = indexOf(name);
      if (index >= 0) document.deleteIn(["contexts", index]);
      if (text(document.toJS()?.["current-context"]) === name) document.delete("current-context");
    },
    use(name) {
      document.set("current-context", name);
    },
    async save() {
      const temporary = `${path}.${randomBytes(4).toString("hex")}`;
      try {
        await mkdir(dirname(path), { recursive: true, mode: 0o700 });
        await writeFile(temporary, document.toString(), { mode: 0o600, flag: "wx" });
        await chmod(temporary, 0o600);
        await rename(temporary, path);
      } catch (cause) {
        await rm(temporary, { force: true }).catch(() => {});
        throw unusable(path, "written", cause);
      }
    },
  };
};
