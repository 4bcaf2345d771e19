import { Code, RpcError } from "@k8shell/rpc";
import { expect, test } from "vitest";
import { fromRpcError } from "./errors.ts";

test.each([
  [Code.Unavailable, 503, "authz is not available; try again shortly", { "retry-after": "2" }],
  [Code.DeadlineExceeded, 504, "authz did not answer in time; try again", {}],
  [Code.Unauthenticated, 401, "authz did not accept the credentials", {}],
])("a failure with code %i of a known service names it", (code, status, message, headers) => {
  const error = fromRpcError(new RpcError(code, "10.0.0.7:7001 refused", { peer: "authz" }));
  expect(error).toMatchObject({ status, message, headers });
});

test("a refusal in a service's own words is passed on, whoever the service is", () => {
  const error = fromRpcError(new RpcError(Code.NotFound, "there is no role x", { peer: "identity" }));
  expect(error).toMatchObject({ status: 404, message: "there is no role x" });
});
