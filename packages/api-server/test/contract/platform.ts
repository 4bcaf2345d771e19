import { afterAll, beforeAll, expect } from "vitest";
import { type Assembled, bearer, type Credentials, startAssembled, textOf } from "../assembled.ts";
import type { Check } from "./go-json.ts";
import { errorEnvelope } from "./objects.ts";

/** One request of a table. */
export interface Call {
  readonly as?: Credentials;
  /** Sent as JSON, unless it is bytes. */
  readonly body?: unknown;
  readonly headers?: Credentials;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Undefined when the body is no JSON. */
  readonly json: unknown;
}

/** The running product as a client sees it, with a call that checks what holds for every answer. */
export interface Platform {
  readonly assembled: () => Assembled;
  /** The administrator. */
  readonly admin: () => Credentials;
  /** Never follows redirects. @param path below /api/v1 */
  call(method: string, path: string, call?: Call): Promise<Answer>;
  /** Makes a user and an access token with these scopes. */
  person(username: string, options?: { roles?: string[]; scopes?: string[] }): Promise<Credentials>;
  /** A further token of a user. */
  token(username: string, scopes: readonly string[]): Promise<Credentials>;
}

type Operation = Readonly<Record<string, unknown>>;

const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;

/** Finds the operation of the published OpenAPI document that a request is. */
const operationsOf = (document: unknown) => {
  const paths = Object.entries(fieldOf(document, "paths") ?? {}).map(([path, operations]) => ({
    // A path without parameters is the better match.
    rank: path.split("{").length,
    pattern: new RegExp(`^${path.replace(/\{\w+\}/g, "[^/]+")}/?$`),
    operations,
  }));
  paths.sort((left, right) => left.rank - right.rank);
  return (method: string, path: string): Operation | undefined => {
    const found = paths.find(
      ({ pattern, operations }) => pattern.test(path) && fieldOf(operations, method.toLowerCase()),
    );
    return found && (fieldOf(found.operations, method.toLowerCase()) as Operation);
  };
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** Starts the product for a test file, and stops it afterwards. */
export const usePlatform = (): Platform => {
  let running: Assembled | undefined;
  let operation: ReturnType<typeof operationsOf> = () => undefined;
  let tokens = 0;
  const assembled = (): Assembled => {
    if (!running) throw new Error("the platform does not run yet");
    return running;
  };
  beforeAll(async () => {
    running = await startAssembled();
    operation = operationsOf(await running.api("GET", "/openapi.json"));
  });
  afterAll(() => running?.close());

  const call: Platform["call"] = async (method, path, { as, body, headers } = {}) => {
    const { request } = assembled();
    const bytes = body instanceof Uint8Array ? new Uint8Array(body) : undefined;
    const response = await request(method, `/api/v1${path}`, {
      credentials: { ...as, ...headers },
      ...(bytes ? { bytes } : { body }),
    });
    const text = await response.text();
    const answer = { status: response.status, headers: response.headers, text, json: parsed(text) };
    const name = `${method} ${path}`;
    if (answer.status >= 400) expect(errorEnvelope(answer.json, name)).toEqual([]);
    if (answer.status >= 400) expect(answer.json).toMatchObject({ status: answer.status });
    const known = operation(method, `/api/v1${path.split("?", 1)[0]}`);
    if (known) {
      const statuses = Object.keys(fieldOf(known, "responses") ?? {});
      expect(statuses, `${name} answered what its OpenAPI description does not list`).toContain(
        String(answer.status),
      );
    }
    return answer;
  };

  const token: Platform["token"] = async (username, scopes) => {
    tokens += 1;
    const { api, admin } = assembled();
    const made = await api("POST", `/users/${username}/tokens`, {
      credentials: admin,
      body: { name: `test-${tokens}`, scopes },
    });
    return bearer(textOf(made, "token"));
  };

  return {
    assembled,
    admin: () => assembled().admin,
    call,
    token,
    async person(username, { roles = [], scopes = ["*"] } = {}) {
      const { api, admin } = assembled();
      await api("POST", "/users", { credentials: admin, body: { username, org: "default", roles } });
      return token(username, scopes);
    },
  };
};

/** A line of a table: method, path, status, and what the JSON must be. */
export type Row = readonly [method: string, path: string, status: number, check?: Check, body?: unknown];

/** Sends the requests of a table, one after the other, and reports all that differ. */
export const expectRows = async (
  { call }: Platform,
  as: Credentials | undefined,
  rows: readonly Row[],
): Promise<void> => {
  const wrong: string[] = [];
  for (const [method, path, status, check, body] of rows) {
    const answer = await call(method, path, { as, body });
    if (answer.status !== status)
      wrong.push(`${method} ${path}: ${answer.status} instead of ${status} ${answer.text}`);
    else if (check) wrong.push(...check(answer.json, `${method} ${path}`));
  }
  expect(wrong).toEqual([]);
};
