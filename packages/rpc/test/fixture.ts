import {
  type ExecRequest,
  SshService,
  SystemService,
} from "@k8shell/contract/gen/k8shelld/v1/k8shelld_pb.js";
import { RecordingService } from "@k8shell/contract/gen/session/v1/session_pb.js";
import {
  type Channel,
  Code,
  createPipe,
  RpcError,
  register,
  type ServiceRegistration,
} from "../src/index.ts";

/** What the served implementations saw, for a test to wait for. */
export interface Seen {
  /** Resolves with the reason when a call's signal aborts. */
  readonly aborted: Promise<unknown>;
  /** Resolves when a streaming implementation has been left (its `finally` ran). */
  readonly left: Promise<void>;
  /** Resolves with what reading the requests threw. */
  readonly requestsThrew: Promise<unknown>;
  /** Resolves when an implementation that hangs has been entered. */
  readonly entered: Promise<void>;
  produced: number;
  recorded: number[];
  errors: Array<{ error: unknown; method: string }>;
}

/** Implementations of all four kinds of method. What they do is chosen by a word in the request. */
export const fixture = () => {
  const aborted = Promise.withResolvers<unknown>();
  const left = Promise.withResolvers<void>();
  const requestsThrew = Promise.withResolvers<unknown>();
  const entered = Promise.withResolvers<void>();
  const seen: Seen = {
    aborted: aborted.promise,
    left: left.promise,
    requestsThrew: requestsThrew.promise,
    entered: entered.promise,
    produced: 0,
    recorded: [],
    errors: [],
  };
  const services: ServiceRegistration[] = [
    register(SshService, {
      async getCWD({ shellId }, context) {
        if (shellId === "metadata")
          return { path: JSON.stringify(pick(context.metadata, ["x-one", "x-two"])) };
        if (shellId === "authorization") return { path: context.metadata.authorization ?? "none" };
        if (shellId === "deadline") return { path: String((context.deadline ?? 0) - Date.now()) };
        if (shellId === "refuse") throw new RpcError(Code.FailedPrecondition, "not näw: 100% no\nreally");
        if (shellId === "crash") throw new Error("secret path /etc/shadow");
        if (shellId.startsWith("big:")) return { path: "x".repeat(Number(shellId.slice(4))) };
        if (shellId === "hang") {
          entered.resolve();
          await new Promise((resolve) => context.signal.addEventListener("abort", resolve));
          aborted.resolve(context.signal.reason);
          throw context.signal.reason;
        }
        return { path: shellId };
      },
      async *exec(requests, context) {
        context.signal.addEventListener("abort", () => aborted.resolve(context.signal.reason));
        try {
          let count = 0;
          for await (const { request } of requests) {
            count += 1;
            if (request.case === "commandDetails") {
              if (request.value.command === "stop reading") break;
              if (request.value.command === "fail") throw new RpcError(Code.Aborted, "as you wish");
              if (request.value.command === "never read") await new Promise(() => undefined);
            } else if (request.case === "input") {
              yield { response: { case: "stdout", value: request.value } };
            }
          }
          yield { response: { case: "exitCode", value: count } };
          yield { response: { case: "exitCode", value: -1 } };
        } catch (error) {
          requestsThrew.resolve(error);
          throw error;
        } finally {
          left.resolve();
        }
      },
    }),
    register(SystemService, {
      async *getLogsStream({ component, lastN }, context) {
        entered.resolve();
        context.signal.addEventListener("abort", () => aborted.resolve(context.signal.reason));
        // Hostile bytes may ask for billions.
        if (lastN > 1_000_000) throw new RpcError(Code.InvalidArgument, "too many");
        try {
          for (let i = 0; i < lastN; i += 1) {
            seen.produced += 1;
            yield { id: BigInt(i), message: component === "blocks" ? "b".repeat(32_768) : "" };
          }
          if (component === "then fail") throw new RpcError(Code.DataLoss, "after the last one");
          if (component === "then crash") throw new TypeError("secret");
          if (component === "then hang")
            await new Promise((resolve) => context.signal.addEventListener("abort", resolve));
        } finally {
          left.resolve();
        }
      },
    }),
    register(RecordingService, {
      async streamShellRecording(requests, context) {
        entered.resolve();
        context.signal.addEventListener("abort", () => aborted.resolve(context.signal.reason));
        try {
          for await (const { payload } of requests) {
            if (payload.case === "chunk") seen.recorded.push(payload.value.data.length);
            if (payload.case === "resize") throw new RpcError(Code.ResourceExhausted, "enough");
          }
        } catch (error) {
          requestsThrew.resolve(error);
          throw error;
        }
        return {};
      },
    }),
  ];
  const onError = (error: unknown, method: string) => {
    seen.errors.push({ error, method });
  };
  return { seen, services, onError };
};

const pick = (from: Readonly<Record<string, string>>, keys: string[]) =>
  Object.fromEntries(keys.map((key) => [key, from[key]]));

export const clients = (channel: Channel) => ({
  ssh: channel.client(SshService),
  system: channel.client(SystemService),
  recording: channel.client(RecordingService),
});

export const input = (text: string) => ({
  request: { case: "input" as const, value: new TextEncoder().encode(text) },
});
export const command = (text: string) => ({
  request: { case: "commandDetails" as const, value: { command: text } },
});

/** A request stream that a test writes. */
export const execRequests = () => createPipe<ReturnType<typeof input> | ReturnType<typeof command>>();

/** What a rejected call failed with. */
export const failureOf = async (call: Promise<unknown>): Promise<RpcError> => {
  try {
    await call;
  } catch (error) {
    if (error instanceof RpcError) return error;
    throw new Error("rejected, but not with an RpcError", { cause: error });
  }
  throw new Error("the call succeeded");
};

export const collect = async <T>(stream: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = [];
  for await (const value of stream) all.push(value);
  return all;
};

export type { ExecRequest };
