import type {
  ProvisionerService,
  ProvisionWorkspaceResponse,
} from "@k8shell/contract/gen/provisioner/v1/provisioner_pb.js";
import type { Client } from "@k8shell/rpc";
import type { Logger } from "pino";
import { ApiError } from "../http/api-error.ts";
import type { BackgroundTasks } from "./background.ts";
import { type AcceptedProvision, readHandshake } from "./handshake.ts";

export interface ProvisionDeps {
  readonly provisioner: Client<typeof ProvisionerService>;
  readonly background: BackgroundTasks;
  readonly log: Logger;
  /** Seconds the provisioner may take; 0: its own default (20, or 120 for an injected workspace). */
  readonly timeoutSeconds?: number;
  /** Milliseconds to wait for the provisioner to accept or refuse (default 150 000: longer than it waits itself). */
  readonly handshakeMs?: number;
}

/** Begins to provision a workspace. @throws ApiError, RpcError when it is refused */
export type Provision = (userString: string) => Promise<AcceptedProvision>;

/** Begins to start a stopped workspace of that name. @throws ApiError, RpcError when it is refused */
export type StartWorkspace = (name: string) => Promise<AcceptedProvision>;

type Open = (signal: AbortSignal) => AsyncIterable<ProvisionWorkspaceResponse>;

/**
 * The call outlives the request: cancelling it would abandon the job and leave its record `running` for ever
 * (grpc-behaviour section 5, item 5). So its events are read to the end in the background, whatever the client does.
 */
const createBegin = (deps: ProvisionDeps): ((label: string, open: Open) => Promise<AcceptedProvision>) => {
  const { background, log, handshakeMs = 150_000 } = deps;

  const drain = async (
    events: AsyncIterator<ProvisionWorkspaceResponse>,
    { workspace, jobId }: AcceptedProvision,
  ) => {
    let last = "";
    for (let next = await events.next(); !next.done; next = await events.next()) {
      const { data } = next.value;
      if (data.case === "event" && data.value.type === "status") last = data.value.status;
    }
    log.info({ workspace, jobId, status: last }, "provisioning ended");
  };

  return (label, open) => {
    const { promise, resolve, reject } = Promise.withResolvers<AcceptedProvision>();
    background.run(label, async (signal) => {
      const stop = new AbortController();
      const timer = setTimeout(() => {
        reject(new ApiError("timeout", "The provisioner did not answer in time; try again."));
        stop.abort();
      }, handshakeMs);
      let accepted: AcceptedProvision;
      let events: AsyncIterator<ProvisionWorkspaceResponse>;
      try {
        events = open(AbortSignal.any([signal, stop.signal]))[Symbol.asyncIterator]();
        const first = await events.next();
        accepted = readHandshake(first.done ? undefined : first.value);
      } catch (error) {
        // The request tells the client and the log.
        stop.abort();
        reject(error);
        return;
      } finally {
        clearTimeout(timer);
      }
      resolve(accepted);
      await drain(events, accepted);
    });
    return promise;
  };
};

const wanted = { sendProgress: true, sendEvents: true } as const;

/** Builds `Provision`; see `createBegin` for what becomes of the call. */
export const createProvision = (deps: ProvisionDeps): Provision => {
  const begin = createBegin(deps);
  const { provisioner, timeoutSeconds: timeout = 0 } = deps;
  return (userstr) =>
    begin(`provision ${userstr}`, (signal) =>
      provisioner.provisionWorkspaceStream({ userstr, timeout, ...wanted }, { signal }),
    );
};

/** As `createProvision`, for a workspace that is there and stopped: its job's record is continued. */
export const createStartWorkspace = (deps: ProvisionDeps): StartWorkspace => {
  const begin = createBegin(deps);
  const { provisioner, timeoutSeconds: timeout = 0 } = deps;
  return (workspace) =>
    begin(`start ${workspace}`, (signal) =>
      provisioner.startWorkspaceStream({ workspace, timeout, ...wanted }, { signal }),
    );
};
