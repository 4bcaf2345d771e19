import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { defaultConfig, loadConfig } from "./config.ts";
import { examineConfig } from "./doctor.ts";

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "k8shell-config-"));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const load = (text: string, env: Record<string, string> = {}) => {
  const file = join(dir, "config.yaml");
  writeFileSync(file, text);
  return loadConfig(file, env);
};

test("without a file everything has its default", () => {
  expect(defaultConfig()).toMatchObject({ http: { cookie: {}, logging: {} }, identity: {}, nats: {} });
});

test("reads the platform's configuration with variables, files and coerced numbers", () => {
  writeFileSync(join(dir, "secret.txt"), "  from a file \n");
  const config = load(
    `http:
  port: !!int \${PORT}
  cookie: {name: "\${NAME}-session", secure: true, sameSite: Strict, maxAgeSeconds: "600", domain: ".\${HOST}"}
  logging: {enabled: true, requestHeaders: "false"}
jwtVerifier: {signingMethod: es256, issuer: !file secret.txt}
identity:
  address: \${IDENTITY}:9020
  caCertPath:
"\${SECTION}": {allowedPodCIDRs: [10.0.0.0/8]}
somethingElse: {is: ignored}
`,
    { PORT: "9101", NAME: "k8shell", HOST: "example.org", IDENTITY: "identity", SECTION: "internal" },
  );
  expect(config.http).toMatchObject({
    port: 9101,
    cookie: {
      name: "k8shell-session",
      secure: true,
      sameSite: "Strict",
      maxAgeSeconds: 600,
      domain: ".example.org",
    },
    logging: { enabled: true, requestHeaders: false },
  });
  expect(config.jwtVerifier.issuer).toBe("from a file");
  expect(config.identity.address).toBe("identity:9020");
  expect(config.identity.caCertPath).toBeUndefined();
  expect(config.internal.allowedPodCIDRs).toEqual(["10.0.0.0/8"]);
});

test.each([
  ["an unset variable", `http:\n  port: \${MISSING}`, /config\.yaml:2:9: http\.port: .*MISSING is not set/],
  ["a file that is missing", "jwtVerifier: {publicKey: !file nope.pem}", /nope\.pem/],
  ["an empty document", "", /is empty/],
  [
    "a wrong number",
    "http:\n  port: many",
    /config\.yaml:2:9: http\.port: expected a whole number from 0 to 65535/,
  ],
  [
    "a number out of range",
    "http: {port: 70000}",
    /config\.yaml:1:14: http\.port: expected a whole number from 0 to 65535$/,
  ],
  ["a wrong flag", "http: {cookie: {secure: perhaps}}", /http\.cookie\.secure: expected true or false/],
  ["a wrong word", "http: {cookie: {sameSite: Sometimes}}", /sameSite: expected Strict, Lax or None/],
  ["a scalar in place of a block", "identity: somewhere", /identity: expected a block of keys/],
  ["text that is not YAML", "http: [", /config\.yaml:1:\d+: /],
])("refuses %s, naming file, key and what is expected", (_what, text, message) => {
  expect(() => load(text)).toThrow(
    expect.objectContaining({ name: "ConfigError", message: expect.stringMatching(message) }),
  );
});

test("points out what is allowed but probably not meant", () => {
  expect(examineConfig(defaultConfig(), "127.0.0.1")).toEqual([]);
  const findings = examineConfig(
    load(`http:
  publicUrl: https://k8shell.example.org
  cookie: {domain: .example.org, path: /api/v1, httpOnly: "false"}
internal: {allowedPodCIDRs: [0.0.0.0/0]}
`),
    "0.0.0.0",
  ).join("\n");
  for (const part of [
    "path is /api/v1",
    "every host below",
    "httpOnly",
    "cookie.secure",
    "allowedPodCIDRs",
  ]) {
    expect(findings).toContain(part);
  }
  expect(examineConfig(defaultConfig(), "0.0.0.0").join()).toContain("http.publicUrl");
});
