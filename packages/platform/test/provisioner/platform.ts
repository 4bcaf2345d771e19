import { rm } from "node:fs/promises";
import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { silentLog } from "@k8shell/contract";
import type { IdentityService } from "@k8shell/contract/gen/identity/v1/identity_pb.js";
import { SshService } from "@k8shell/contract/gen/k8shelld/v1/k8shelld_pb.js";
import { ProvisionerService } from "@k8shell/contract/gen/provisioner/v1/provisioner_pb.js";
import type { KvBucket } from "@k8shell/kv";
import { type Client, grpcChannel, inProcessChannel } from "@k8shell/rpc";
import {
  createProvisioner,
  type EmbeddedProvisioner,
  type ProvisionerOptions,
} from "../../src/provisioner/index.ts";

const daemonEntry = resolve(import.meta.dirname, "../../../workspaced/dist/workspaced.mjs");

/** Builds the daemon; it takes a fraction of a second. */
export const buildDaemon = async (): Promise<void> => {
  const { build } = await import(resolve(import.meta.dirname, "../../../workspaced/build.mjs"));
  await build();
};

export type Identity = Client<typeof IdentityService>;
export type Provisioner = Client<typeof ProvisionerService>;

/** One platform of real embedded services on a directory of its own. */
export interface Platform {
  readonly dataDir: string;
  readonly identity: Identity;
  readonly jobs: KvBucket;
  readonly service: EmbeddedProvisioner;
  readonly provisioner: Provisioner;
  /** Ends the provisioner as a kill would leave its workspaces, and opens another on the same directory. */
  restart(): Promise<void>;
  /** Stops everything and removes the directory. */
  discard(): Promise<void>;
}

/** What a platform is made from. */
export interface PlatformParts {
  readonly dataDir: string;
  readonly identity: Identity;
  readonly jobs: KvBucket;
  readonly options: Partial<ProvisionerOptions>;
  /** Runs after the provisioner was closed. */
  readonly close: () => Promise<void>;
}

/** Opens a provisioner over given parts. */
export const assemblePlatform = async ({
  dataDir,
  identity,
  jobs,
  options,
  close,
}: PlatformParts): Promise<Platform> => {
  const open = () =>
    createProvisioner({
      dataDir,
      jobs,
      identity,
      apiUrl: () => "http://127.0.0.1:9101",
      daemon: { node: process.execPath, entry: daemonEntry },
      log: silentLog,
      ...options,
    });
  let service = await open();
  return {
    dataDir,
    identity,
    jobs,
    get service() {
      return service;
    },
    get provisioner() {
      return inProcessChannel(service.registrations).client(ProvisionerService);
    },
    async restart() {
      await service.close();
      service = await open();
    },
    async discard() {
      await service.stopAll();
      await service.close();
      await close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
};

/** What a provision or start stream said, in order. */
export interface Said {
  readonly workspace: string;
  readonly jobId: string;
  readonly error: string;
  readonly events: Array<{ type: string; status: string; message: string; objectName: string }>;
}

type Stream = ReturnType<Provisioner["provisionWorkspaceStream"]>;

export const collect = async (stream: Stream): Promise<Said> => {
  let said: Said = { workspace: "", jobId: "", error: "", events: [] };
  for await (const { data } of stream) {
    if (data.case === "handshake") {
      const { workspace, jobid, error } = data.value;
      said = { ...said, workspace, jobId: jobid, error };
    } else if (data.case === "event") {
      const { type, status, message, objectName } = data.value;
      said.events.push({ type, status, message, objectName });
    }
  }
  return said;
};

const everything = { sendProgress: true, sendEvents: true };

/** Provisions and waits for the end of the job. */
export const provision = (platform: Platform, userstr: string): Promise<Said> =>
  collect(platform.provisioner.provisionWorkspaceStream({ userstr, timeout: 30, ...everything }));

export const start = (platform: Platform, workspace: string): Promise<Said> =>
  collect(platform.provisioner.startWorkspaceStream({ workspace, timeout: 30, ...everything }));

export const lastStatus = (said: Said): string | undefined =>
  said.events.filter(({ type }) => type === "status").at(-1)?.status;

/** Runs a command in a workspace as the gateway does: over its daemon. */
export const run = async (
  platform: Platform,
  workspace: string,
  command: string,
): Promise<{ code: number; output: string }> => {
  const details = await platform.provisioner.findWorkspace({ workspace });
  const address = platform.service.addressOf(details);
  if (!address) throw new Error(`${workspace} does not run`);
  const channel = grpcChannel(address);
  try {
    const requests = async function* () {
      yield {
        request: {
          case: "commandDetails" as const,
          value: { asUser: "", command, shellBinary: "/bin/sh", envVars: [] },
        },
      };
    };
    let output = "";
    let code = -1;
    const metadata = { "exec-id": `ex-${crypto.randomUUID()}` };
    for await (const { response } of channel.client(SshService).exec(requests(), { metadata })) {
      if (response.case === "stdout" || response.case === "stderr") {
        output += Buffer.from(response.value).toString("utf8");
      } else if (response.case === "exitCode") code = response.value;
    }
    return { code, output };
  } finally {
    await channel.close();
  }
};

/** Polls until `probe` gives a value; the test's own timeout bounds it. */
export const eventually = async <T>(probe: () => Promise<T | undefined> | T | undefined): Promise<T> => {
  for (;;) {
    const value = await probe();
    if (value !== undefined) return value;
    await sleep(25);
  }
};

export const statusOf = async (platform: Platform, workspace: string): Promise<string> => {
  const { workspaceStatus } = await platform.provisioner.findWorkspace({ workspace });
  return workspaceStatus?.status ?? "";
};
