import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { defaultConfig, loadConfig } from "./config.ts";

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "k8shell-config-"));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const load = (text: string, env: Record<string, string> = {}, warn?: (message: string) => void) => {
  const file = join(dir, "config.yaml");
  writeFileSync(file, text);
  return loadConfig(file, env, warn);
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
  [
    "a file that is missing",
    "jwtVerifier: {publicKey: !file nope.pem}",
    /config\.yaml:1:\d+: jwtVerifier\.publicKey: cannot read the file nope\.pem named by !file \(ENOENT\)/,
  ],
  [
    "a key with an unset variable",
    `identity:\n  \${MISSING}: x`,
    /config\.yaml:2:3: identity\.\$\{MISSING\}: .*MISSING is not set/,
  ],
  [
    "a block in place of a file's name",
    "nats:\n  password: !file {a: b}",
    /config\.yaml:2:\d+: expected the path of a file after !file/,
  ],
  ["a document of spaces and comments", "# nothing\n\n", /config\.yaml: is empty/],
  [
    "a key that is there twice",
    "http: {port: 1}\nhttp: {port: 2}",
    /config\.yaml:2:1: Map keys must be unique/,
  ],
  ["an empty document", "", /is empty/],
  [
    "a wrong number",
    "http:\n  port: many",
    /config\.yaml:2:3: http\.port: expected a whole number from 0 to 65535/,
  ],
  [
    "a number out of range",
    "http: {port: 70000}",
    /config\.yaml:1:8: http\.port: expected a whole number from 0 to 65535$/,
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

test("says everything that is wrong at once, each with its place", () => {
  expect(() =>
    load("http:\n  port: many\n  cookie:\n    secure: perhaps\nidentity:\n  onboardRules:\n    - org: x\n"),
  ).toThrow(
    expect.objectContaining({
      message: [
        `${join(dir, "config.yaml")}:2:3: http.port: expected a whole number from 0 to 65535`,
        `${join(dir, "config.yaml")}:4:5: http.cookie.secure: expected true or false`,
        `${join(dir, "config.yaml")}:7:7: identity.onboardRules.0.idp: expected text`,
        `${join(dir, "config.yaml")}:7:7: identity.onboardRules.0.action: expected allow, reject or waitlist`,
      ].join("\n"),
    }),
  );
});

test.each([
  ["htpp: {port: 1}", "1:1: htpp: ", "http"],
  ["http: {Port: 1}", "1:8: http.Port: ", "http.port"],
  ["http:\n  cookie:\n    samesite: Lax", "3:5: http.cookie.samesite: ", "http.cookie.sameSite"],
  ["identity: {tokenPath: /x}", "1:12: identity.tokenPath: ", undefined],
  ["allowedPodCIDRs: [10.0.0.0/8]", "1:1: allowedPodCIDRs: ", "internal.allowedPodCIDRs"],
  [
    "identity: {onboardRules: [{idp: x, action: allow, prio: 1, orgg: y}]}",
    "identity.onboardRules.0.orgg: ",
    "identity.onboardRules.0.org",
  ],
  ["constructor: {}", "1:1: constructor: ", undefined],
  ["provisionerConfig: {replicas: 3}", "1:1: provisionerConfig: ", undefined],
])("takes the unknown key of %s with a warning", (text, place, suggestion) => {
  const warnings: string[] = [];
  load(text, {}, (warning) => warnings.push(warning));
  const warning = warnings.at(-1) ?? "";
  expect(warning).toContain(place);
  expect(warning).toMatch(/is not a key of the configuration and is ignored/);
  if (suggestion === undefined) expect(warning).not.toContain("did you mean");
  else expect(warning).toMatch(new RegExp(`; did you mean ${suggestion}\\?$`));
});

test("reads quoted words as text, and unquoted null as nothing", () => {
  const { http, jwtVerifier, nats } = load(
    `
http: {cookie: {name: "null", domain: ~, path: }}
jwtVerifier: {issuer: '', audience: null}
nats: {password: "\${EMPTY}", username: "~"}
`,
    { EMPTY: "" },
  );
  expect(http.cookie).toMatchObject({ name: "null", domain: undefined, path: "/" });
  expect([jwtVerifier.issuer, jwtVerifier.audience]).toEqual([undefined, undefined]);
  expect(nats).toMatchObject({ enabled: false, username: "~", password: undefined });
  expect(nats.url).toBeUndefined();
});

test("replaces several variables of a text once, before !file, and never in the text of a file", () => {
  writeFileSync(join(dir, "a-b.txt"), `\n\${NOT_EXPANDED}\n\n`);
  const config = load(`jwtVerifier: {issuer: !file "\${A}-\${B}.txt", audience: "\${A}\${B}\${C}"}`, {
    A: "a",
    B: "b",
    C: `\${A}`,
  });
  expect(config.jwtVerifier).toMatchObject({ issuer: `\${NOT_EXPANDED}`, audience: `ab\${A}` });
});

test("takes tags, anchors and merged blocks as YAML has them", () => {
  const config = load(
    `
x-shared: &shared {tokenFilePath: !!str /token, caCertPath: /ca}
identity: {<<: *shared, address: !!str "identity:9020"}
session: {<<: *shared, address: "session:9010", caCertPath: /other}
http: {port: !!int "\${PORT}", cookie: {secure: !!bool "\${SECURE}"}}
provisionBucketTtlSeconds: !!int 0600
`,
    { PORT: "9200", SECURE: "True" },
  );
  expect(config.identity).toMatchObject({
    address: "identity:9020",
    tokenFilePath: "/token",
    caCertPath: "/ca",
  });
  expect(config.session).toMatchObject({ tokenFilePath: "/token", caCertPath: "/other" });
  expect([config.http.port, config.http.cookie.secure, config.provisionBucketTtlSeconds]).toEqual([
    9200,
    true,
    600,
  ]);
});

test.each([
  ["yes", true],
  ["On", true],
  ["no", false],
  ["off", false],
  ['"No"', false],
])("a flag may be %s, as in the platform's own configurations", (word, wanted) => {
  expect(load(`http: {cookie: {secure: ${word}}}`).http.cookie.secure).toBe(wanted);
});
