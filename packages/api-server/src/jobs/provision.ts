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

/**
 * The call outlives the request: cancelling it would abandon the job and leave its record `running` for ever
 * (grpc-behaviour section 5, item 5). So its events are read to the end in the background, whatever the client does.
 */
export const createProvision = (deps: ProvisionDeps): Provision => {
  const { provisioner, background, log, timeoutSeconds = 0, handshakeMs = 150_000 } = deps;

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

  return (userString) => {
    const { promise, resolve, reject } = Promise.withResolvers<AcceptedProvision>();
    background.run(`provision ${userString}`, async (signal) => {
      const stop = new AbortController();
      const timer = setTimeout(() => {
        reject(new ApiError("timeout", "The provisioner did not answer in time; try again."));
        stop.abort();
      }, handshakeMs);
      let accepted: AcceptedProvision;
      let events: AsyncIterator<ProvisionWorkspaceResponse>;
      try {
        const request = {
          userstr: userString,
          timeout: timeoutSeconds,
          sendProgress: true,
          sendEvents: true,
        };
        const call = provisioner.provisionWorkspaceStream(request, {
          signal: AbortSignal.any([signal, stop.signal]),
        });
        events = call[Symbol.asyncIterator]();
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
