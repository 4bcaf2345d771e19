import { AuthzService } from "@k8shell/contract/gen/authz/v1/authz_pb.js";
import { IdentityService } from "@k8shell/contract/gen/identity/v1/identity_pb.js";
import { AppService, SshService, SystemService } from "@k8shell/contract/gen/k8shelld/v1/k8shelld_pb.js";
import { ProvisionerService } from "@k8shell/contract/gen/provisioner/v1/provisioner_pb.js";
import { RecordingService, SessionService } from "@k8shell/contract/gen/session/v1/session_pb.js";
import { methodPath } from "@k8shell/rpc";
import { expect, test } from "vitest";
import { isIdempotentRpc } from "./idempotent-rpcs.ts";

const services = [
  IdentityService,
  AuthzService,
  SessionService,
  RecordingService,
  ProvisionerService,
  SystemService,
  SshService,
  AppService,
];

test("only unary rpcs that change nothing when made again are repeated", () => {
  const once = services
    .flatMap((service) => service.methods)
    .filter((method) => method.methodKind === "unary" && !isIdempotentRpc(methodPath(method)))
    .map(({ name }) => name);
  // A new rpc is in neither list until somebody has thought about it.
  const changing =
    /^(Add|Approve|Auth(?=UserPassword)|Clear|Complete|Create|Delete|Eject|EndRecording|Install|Onboard|Reject|Remove|Revoke|Set|Start|Stop|Update|Acquire)/;
  expect(once.filter((name) => !changing.test(name))).toEqual([]);
});

test("every name of the table is a unary rpc", () => {
  const streams = services
    .flatMap((service) => service.methods)
    .filter((method) => method.methodKind !== "unary" && isIdempotentRpc(methodPath(method)));
  expect(streams).toEqual([]);
  const known = services
    .flatMap((service) => service.methods)
    .filter((method) => isIdempotentRpc(methodPath(method)));
  expect(known).toHaveLength(29 + 4 + 5 + 8 + 3 + 3 + 2);
});
