import { ProvisionerService } from "@k8shell/contract/gen/provisioner/v1/provisioner_pb.js";
import { inProcessChannel, type ServiceImpl } from "@k8shell/rpc";
import pino from "pino";
import { describe, expect, it } from "vitest";
import { createBackgroundTasks } from "./background.ts";
import { createProvision } from "./provision.ts";

const log = pino({ level: "silent" });

type Stream = ServiceImpl<typeof ProvisionerService>["provisionWorkspaceStream"];

const handshake = (value: { workspace?: string; jobid?: string; error?: string }) => ({
  data: { case: "handshake" as const, value },
});
const status = (text: string) => ({
  data: { case: "event" as const, value: { type: "status", status: text } },
});

const setUp = (provisionWorkspaceStream: Stream, handshakeMs?: number) => {
  const channel = inProcessChannel([
    { service: ProvisionerService, implementation: { provisionWorkspaceStream } },
  ]);
  const background = createBackgroundTasks({ log });
  const provisioner = channel.client(ProvisionerService);
  return { background, provision: createProvision({ provisioner, background, log, handshakeMs }) };
};

describe("provisioning", () => {
  it("is answered at the handshake and read to its end in the background", async () => {
    const gate = Promise.withResolvers<void>();
    const seen: string[] = [];
    const { background, provision } = setUp(async function* (request) {
      seen.push(`${request.userstr} ${request.sendEvents} ${request.sendProgress}`);
      yield handshake({ workspace: "alice-59936c3", jobid: "j-1" });
      await gate.promise;
      yield status("Running");
      seen.push("ended");
    });
    expect(await provision("alice~dev")).toEqual({ workspace: "alice-59936c3", jobId: "j-1" });
    expect(background.size).toBe(1);
    gate.resolve();
    await background.close(10_000);
    expect(seen).toEqual(["alice~dev true true", "ended"]);
    expect(background.size).toBe(0);
  });

  it("that is refused in the handshake is an error", async () => {
    const { background, provision } = setUp(async function* () {
      yield handshake({ workspace: "n/a", error: "rpc error: code = NotFound desc = no user bob" });
    });
    await expect(provision("bob~dev")).rejects.toMatchObject({ status: 404, message: "no user bob" });
    await background.close(10_000);
  });

  it("whose stream ends without a word is a bad gateway", async () => {
    const { background, provision } = setUp(async function* () {});
    await expect(provision("bob~dev")).rejects.toMatchObject({ status: 502 });
    await background.close(10_000);
  });

  it("that is neither accepted nor refused times out, and is canceled", async () => {
    const canceled = Promise.withResolvers<void>();
    const { background, provision } = setUp(async function* (_request, { signal }) {
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
      canceled.resolve();
      yield handshake({});
    }, 20);
    await expect(provision("bob~dev")).rejects.toMatchObject({ status: 504 });
    await canceled.promise;
    await background.close(10_000);
  });

  it("is canceled when the server has waited long enough at its end", async () => {
    const canceled = Promise.withResolvers<void>();
    const { background, provision } = setUp(async function* (_request, { signal }) {
      yield handshake({ workspace: "w", jobid: "j" });
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
      canceled.resolve();
    });
    await provision("alice~dev");
    await background.close(1);
    await canceled.promise;
  });
});
