/** A failed request: `message` is the server's, fit to show. */
export class RequestError extends Error {
  override readonly name = "RequestError";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export interface Workspace {
  name: string;
  username: string;
  blueprint: string;
  status: string;
  message: string;
  jobId?: string;
}

export interface Profile {
  username: string;
  fullname: string;
}

export interface JobEvent {
  id: number;
  type: "event" | "status" | "progress";
  message?: string;
  status?: string;
}

const request = async (method: string, path: string, body?: unknown): Promise<Response> => {
  const response = await fetch(`/api/v1${path}`, {
    method,
    headers: {
      accept: "application/json",
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }).catch((cause: unknown) => {
    throw new RequestError(
      0,
      `The server cannot be reached (${cause instanceof Error ? cause.message : "network"}).`,
    );
  });
  if (response.ok) return response;
  const text = await response.text();
  let message = `The request failed (${response.status}).`;
  try {
    message = (JSON.parse(text) as { msg?: string }).msg ?? message;
  } catch {
    // Not from our server: keep the general text.
  }
  throw new RequestError(response.status, message);
};

const get = async <T>(path: string): Promise<T> => (await request("GET", path)).json() as Promise<T>;

export const api = {
  providers: () => get<Array<{ name: string; capabilities: string[] }>>("/auth/providers"),
  profile: () => get<Profile>("/me/profile"),
  blueprints: () => get<string[]>("/me/blueprints"),
  workspaces: () => get<Workspace[]>("/workspaces"),
  create: async (username: string, blueprint: string) =>
    (await request("POST", "/workspaces", { username, blueprint })).json() as Promise<{
      workspace: string;
      jobId: string;
      monitorUrl: string;
    }>,
  stop: (name: string) => request("DELETE", `/workspaces/${encodeURIComponent(name)}`),
  remove: (name: string) => request("DELETE", `/workspaces/${encodeURIComponent(name)}?delete=true`),
  signOut: () => request("POST", "/auth/logout"),
};

/** Follows a job over server-sent events until the server ends the stream. Resolves to the last status. */
export const followJob = (monitorUrl: string, onEvent: (event: JobEvent) => void): Promise<string> =>
  new Promise((resolve) => {
    let status = "";
    const source = new EventSource(monitorUrl);
    source.onmessage = ({ data }) => {
      const event = JSON.parse(String(data)) as JobEvent;
      if (event.type === "status" && event.status) status = event.status;
      onEvent(event);
    };
    // The server closes the stream when the job has ended; EventSource reports that as an error and would reconnect.
    source.onerror = () => {
      source.close();
      resolve(status);
    };
  });
