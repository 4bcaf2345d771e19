import { create } from "@bufbuild/protobuf";
import { ProvisionWorkspaceResponseSchema } from "@k8shell/contract/gen/provisioner/v1/provisioner_pb.js";
import { describe, expect, it } from "vitest";
import { handshakeError, parseStatusText, readHandshake } from "./handshake.ts";

const status = (code: string, desc: string) => `rpc error: code = ${code} desc = ${desc}`;

describe("a refusal of the provisioner", () => {
  it.each([
    ["AlreadyExists", 409, "already_exists"],
    ["FailedPrecondition", 409, "conflict"],
    ["PreconditionFailed", 409, "conflict"],
    ["InvalidArgument", 400, "bad_request"],
    ["Internal", 400, "bad_request"],
    ["PermissionDenied", 403, "forbidden"],
    ["NotFound", 404, "not_found"],
    ["DeadlineExceeded", 504, "timeout"],
    ["ResourceExhausted", 429, "too_many_requests"],
    ["Unauthenticated", 401, "unauthenticated"],
    ["Unimplemented", 501, "not_implemented"],
    ["Unavailable", 503, "unavailable"],
    ["Aborted", 502, "bad_gateway"],
    ["Unknown", 502, "bad_gateway"],
    ["constructor", 502, "bad_gateway"],
  ])("with code %s is answered with %i", (code, http, name) => {
    expect(handshakeError(status(code, "why"))).toMatchObject({ status: http, code: name });
  });

  it("tells its reason where that was written for the client", () => {
    expect(handshakeError(status("AlreadyExists", "workspace alice-1 is running")).message).toBe(
      "workspace alice-1 is running",
    );
  });

  it("keeps inner failures to the log", () => {
    const error = handshakeError(status("Internal", "dial tcp 10.0.0.7:5432: secret"));
    expect(error.message).not.toContain("10.0.0.7");
    expect(String(error.cause)).toContain("10.0.0.7");
  });

  it("is read from the innermost of nested statuses", () => {
    const nested = status("Unknown", `provision: ${status("NotFound", "blueprint x not found")}`);
    expect(parseStatusText(nested)).toEqual({ code: "NotFound", description: "blueprint x not found" });
  });

  it("without the form of a status is a bad gateway that repeats nothing", () => {
    for (const text of ["boom /etc/secret", "code = ", "desc = x", "rpc error: desc = y code = "]) {
      const error = handshakeError(text);
      expect(error).toMatchObject({ status: 502 });
      expect(error.message).not.toContain("secret");
    }
  });

  it("has no control characters and a bounded length", () => {
    const { message } = handshakeError(status("NotFound", `a\r\n\u001b[31mb${"x".repeat(5000)}`));
    expect(message).toMatch(/^a \[31mbx+$/);
    expect(message.length).toBeLessThanOrEqual(500);
  });
});

describe("the first message of a provision stream", () => {
  it("names the workspace and its job", () => {
    const message = create(ProvisionWorkspaceResponseSchema, {
      data: { case: "handshake", value: { workspace: "alice-59936c3", jobid: "j-1" } },
    });
    expect(readHandshake(message)).toEqual({ workspace: "alice-59936c3", jobId: "j-1" });
  });

  it("must be a handshake", () => {
    const event = create(ProvisionWorkspaceResponseSchema, {
      data: { case: "event", value: { type: "status" } },
    });
    for (const message of [undefined, event, create(ProvisionWorkspaceResponseSchema, {})]) {
      expect(() => readHandshake(message)).toThrow(expect.objectContaining({ status: 502 }));
    }
  });
});
