import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { WebSocket } from "ws";
import { type RunningServer, startServer } from "../src/assemble.ts";
import { type Config, defaultConfig } from "../src/config/config.ts";

/** What a caller shows: request headers. */
export type Credentials = Readonly<Record<string, string>>;

export interface ApiRequest {
  readonly credentials?: Credentials;
  readonly body?: unknown;
  /** Sent as it is, instead of `body`. */
  readonly bytes?: Uint8Array<ArrayBuffer>;
}

export interface Answer {
  readonly status: number;
  /** Undefined without content. */
  readonly body: unknown;
}

/** The whole product in this process, with a data directory of its own. */
export interface Assembled {
  readonly server: RunningServer;
  /** A request to a path of the server, e.g. `/api/v1/users`. Redirects are not followed. */
  request(method: string, path: string, options?: ApiRequest): Promise<Response>;
  /** As `request` below /api/v1; the JSON of a successful answer. @throws Error with the answer otherwise */
  api(method: string, path: string, options?: ApiRequest): Promise<unknown>;
  /** As `request` below /api/v1; the answer's status and JSON, whatever they are. */
  call(method: string, path: string, credentials: Credentials, body?: unknown): Promise<Answer>;
  /** The administrator's token. */
  readonly admin: Credentials;
  /** What was logged as an error. */
  readonly errors: string[];
  /** Deletes all workspaces, stops the server and removes its data. */
  close(): Promise<void>;
}

export const bearer = (token: string): Credentials => ({ authorization: `Bearer ${token}` });

/** A field of a JSON answer that must be text. */
export const textOf = (answer: unknown, field: string): string => {
  const value: unknown =
    typeof answer === "object" && answer !== null ? Reflect.get(answer, field) : undefined;
  if (typeof value !== "string") throw new Error(`no text ${field} in ${JSON.stringify(answer)}`);
  return value;
};

export const startAssembled = async (config: Config = defaultConfig()): Promise<Assembled> => {
  const dataDir = await mkdtemp(join(tmpdir(), "k8shell-assembled-"));
  const errors: string[] = [];
  const remember = (line: string) => {
    const { msg, operation, err } = JSON.parse(line);
    errors.push(`${msg} ${operation ?? ""}: ${err?.stack ?? err?.message ?? ""}`);
  };
  const log = pino({ level: "error" }, { write: remember });
  const server = await startServer({
    dataDir,
    port: 0,
    config,
    stopWorkspaces: true,
    version: "0.0.0-test",
    log,
  });
  const admin = bearer((await readFile(join(dataDir, "admin.token"), "utf8")).trim());

  const request: Assembled["request"] = (method, path, { credentials, body, bytes } = {}) =>
    fetch(`${server.url}${path}`, {
      method,
      redirect: "manual",
      headers: { ...credentials, ...(body === undefined ? {} : { "content-type": "application/json" }) },
      body: bytes ?? (body === undefined ? undefined : JSON.stringify(body)),
    });

  return {
    server,
    request,
    async api(method, path, options) {
      const response = await request(method, `/api/v1${path}`, options);
      const text = await response.text();
      if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
      return text === "" ? undefined : JSON.parse(text);
    },
    async call(method, path, credentials, body) {
      const response = await request(method, `/api/v1${path}`, { credentials, body });
      const text = await response.text();
      return { status: response.status, body: text === "" ? undefined : JSON.parse(text) };
    },
    admin,
    errors,
    async close() {
      await server.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
};

/** Follows a one-time link as a browser does. Resolves to the cookies. */
export const signInOnce = async (link: string): Promise<Credentials> => {
  const jar = new Map<string, string>();
  const cookie = () => [...jar].map((pair) => pair.join("=")).join("; ");
  let next: URL | undefined = new URL(link);
  const { origin } = next;
  for (let hop = 0; hop < 6 && next; hop += 1) {
    const response: Response = await fetch(next, { redirect: "manual", headers: { cookie: cookie() } });
    await response.arrayBuffer();
    for (const line of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      jar.set(name, value);
    }
    const location = response.headers.get("location");
    next = location === null ? undefined : new URL(location, next);
  }
  if (!jar.has("k8shell-session")) throw new Error("the one-time link did not sign in");
  return { cookie: cookie(), origin };
};

/** The status that a WebSocket handshake is answered with; an accepted socket is closed at once. */
export const handshakeStatus = async (
  server: RunningServer,
  path: string,
  credentials: Credentials,
): Promise<number> => {
  const socket = new WebSocket(`${server.url.replace(/^http/, "ws")}${path}`, "cloudshell-v1", {
    headers: credentials,
    perMessageDeflate: false,
  });
  socket.on("error", () => undefined);
  const refused = once(socket, "unexpected-response").then(([, response]: unknown[]) => {
    const status =
      typeof response === "object" && response !== null ? Reflect.get(response, "statusCode") : 0;
    return Number(status);
  });
  const status = await Promise.race([once(socket, "open").then(() => 101), refused]);
  socket.terminate();
  return status;
};

/**
 * Makes a user with a token.
 * @param fields of the request, beside the name; the organization is `default` unless they name another
 */
export const addUser = async (
  { call, admin }: Assembled,
  username: string,
  fields: object = {},
  scopes: readonly string[] = ["*"],
): Promise<Credentials> => {
  const made = await call("POST", "/users", admin, { username, org: "default", ...fields });
  if (made.status !== 201) throw new Error(`no user ${username}: ${JSON.stringify(made)}`);
  const token = await call("POST", `/users/${username}/tokens`, admin, { name: "test", scopes });
  return bearer(textOf(token.body, "token"));
};

/** Creates a workspace and waits until its job is over. */
export const createWorkspace = async (
  { api, request }: Assembled,
  username: string,
  credentials: Credentials,
): Promise<{ workspace: string; jobId: string }> => {
  const created = await api("POST", "/workspaces", { credentials, body: { username, blueprint: "dev" } });
  const jobId = textOf(created, "jobId");
  const events = await request("GET", `/api/v1/jobs/${jobId}`, {
    credentials: { ...credentials, accept: "text/event-stream" },
  });
  const text = await events.text();
  if (!text.includes('"status":"Running"')) throw new Error(`the workspace does not run:\n${text}`);
  return { workspace: textOf(created, "workspace"), jobId };
};
