import { expect, test } from "vitest";
import { parseServeArguments } from "./arguments.ts";

const parse = (...args: string[]) => parseServeArguments(args, {});

test("each service has the platform's port on loopback unless told otherwise", () => {
  const listen = (service: string) => parse(service, "--token-file", "t").listen;
  expect(["identity", "authz", "session", "provisioner"].map(listen)).toEqual([
    "127.0.0.1:9020",
    "127.0.0.1:9011",
    "127.0.0.1:9010",
    "127.0.0.1:9030",
  ]);
  expect(parse("workspaced", "--config", "w.json").listen).toBeUndefined();
});

test("several token files are taken, and a unix socket needs none", () => {
  expect(parse("authz", "--token-file", "a", "--token-file", "b").tokenFiles).toEqual(["a", "b"]);
  expect(parse("authz", "--listen", "unix:/run/authz.sock").tokenFiles).toEqual([]);
});

test("service accounts are accepted instead of listed tokens, by name or as the platform has them", () => {
  const { serviceAccounts } = parse(
    "session",
    "--service-account",
    "platform",
    "--service-account",
    "other/backup",
  );
  expect(serviceAccounts).toEqual({
    issuer: "https://kubernetes.default.svc.cluster.local",
    audience: "session",
    accounts: ["provisioner", "ssh-proxy", "api-server", "other/backup"],
    caFile: undefined,
  });
  expect(parse("session", "--token-file", "t").serviceAccounts).toBeUndefined();
});

test.each([
  ["no account name", ["authz", "--service-account", "a/b/c"], /give NAME or NAMESPACE/],
  [
    "an issuer without accounts",
    ["authz", "--token-file", "t", "--token-issuer", "https://i"],
    /--service-account too/,
  ],
  ["accounts for a workspace", ["workspaced", "--service-account", "a"], /--token-file only/],
  ["no service", [], /serve takes one service, of identity, authz/],
  ["an unknown service", ["kv"], /serve takes one service/],
  ["an unknown option", ["authz", "--tokens", "t"], /--tokens/],
  ["no token", ["authz"], /--token-file is missing/],
  ["a certificate without its key", ["authz", "--token-file", "t", "--tls-cert", "c"], /go together/],
  ["an address without a port", ["authz", "--token-file", "t", "--listen", "localhost"], /give HOST:PORT/],
  ["a port out of range", ["authz", "--token-file", "t", "--listen", "localhost:70000"], /give HOST:PORT/],
  [
    "plaintext for other machines",
    ["authz", "--token-file", "t", "--listen", "0.0.0.0:9011"],
    /--tls-cert and --tls-key, or --insecure/,
  ],
])("%s is refused with what to write instead", (_what, args, message) => {
  expect(() => parse(...args)).toThrow(message);
});

test("plaintext for other machines can be asked for", () => {
  expect(parse("authz", "--token-file", "t", "--listen", "[::]:9011", "--insecure").listen).toBe("[::]:9011");
});
