import { execFileSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { defaultConfig, loadConfig } from "../config.ts";
import { examineConfig, rules } from "./examine.ts";
import { formatFinding, type Situation } from "./finding.ts";

let dir: string;
const env: Record<string, string> = {};

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "k8shell-doctor-"));
  const write = (name: string, text: string) => {
    const file = join(dir, name);
    writeFileSync(file, text);
    env[name.toUpperCase().replace(/\W/g, "_")] = file;
  };
  const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
  write("ec.pem", ec.publicKey.export({ type: "spki", format: "pem" }).toString());
  write("ec.key", ec.privateKey.export({ type: "pkcs8", format: "pem" }).toString());
  const p521 = generateKeyPairSync("ec", { namedCurve: "P-521" });
  write("p521.pem", p521.publicKey.export({ type: "spki", format: "pem" }).toString());
  write("token", "secret");
  write("empty", " \n");
  write("text", "not a key");
  env.NOWHERE = join(dir, "nowhere");
  env.CA = join(dir, "ca.crt");
  execFileSync(
    "openssl",
    [
      ...[
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-subj",
        "/CN=ca",
      ],
      ...["-keyout", join(dir, "ca.key"), "-out", env.CA],
    ],
    { stdio: "ignore" },
  );
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const situation = (text: string, host = "127.0.0.1", port = 9101): Situation => {
  const file = join(dir, "config.yaml");
  writeFileSync(file, text || "{}");
  return { config: loadConfig(file, env), host, port };
};
const examine = (text: string, host?: string) => examineConfig(situation(text, host));

test("finds nothing wrong with the defaults on this machine", () => {
  expect(examineConfig({ config: defaultConfig(), host: "127.0.0.1", port: 9101 })).toEqual([]);
});

test("finds nothing wrong with a careful installation", () => {
  expect(
    examine(
      `http: {publicUrl: "https://k8shell.example.org", cookie: {secure: true}}
jwtVerifier: {signingMethod: es256, publicKeyFile: "\${EC_PEM}"}
identity: {address: "identity:9020", tokenFilePath: "\${TOKEN}", caCertPath: "\${CA}", serverName: identity}
provisioner: {address: "provisioner:9030", tokenFilePath: "\${TOKEN}", caCertPath: "\${CA}"}
k8shelld: {tokenFilePath: "\${TOKEN}", caCertPath: "\${CA}"}
internal: {allowedPodCIDRs: [10.42.0.0/16]}
nats: {enabled: true, url: "nats://nats:4222"}
`,
      "0.0.0.0",
    ),
  ).toEqual([]);
});

const remoteIdentity = 'identity: {address: "identity:9020"}';

/** Rule, severity, key, what the finding says, the configuration, and where it listens. */
const cases: ReadonlyArray<
  readonly [
    rule: string,
    severity: string,
    key: string,
    says: RegExp,
    yaml: string,
    host?: string,
    port?: number,
  ]
> = [
  [
    "sharedCookieDomain",
    "warning",
    "http.cookie.domain",
    /every host below it, workspace apps/,
    "http: {cookie: {domain: .example.org}}",
  ],
  [
    "cookiePath",
    "warning",
    "http.cookie.path",
    /app hosts.*Set it to \//,
    "http: {cookie: {domain: .example.org, path: /api/v1}}",
  ],
  ["cookiePath", "refused", "http.cookie.path", /nobody can sign in/, "http: {cookie: {path: /api/v2}}"],
  [
    "cookiePath",
    "refused",
    "http.cookie.path",
    /nobody can sign in/,
    "http: {cookie: {path: /api/v1/users}}",
  ],
  ["insecureCookie", "warning", "http.cookie.secure", /clear text/, remoteIdentity, "10.0.0.1"],
  [
    "insecureCookie",
    "warning",
    "http.cookie.secure",
    /publicUrl is https/,
    "http: {publicUrl: 'https://x.example'}",
  ],
  ["sameSiteNone", "refused", "http.cookie.sameSite", /browsers reject/, "http: {cookie: {sameSite: None}}"],
  ["scriptReadableCookie", "warning", "http.cookie.httpOnly", /scripts/, "http: {cookie: {httpOnly: false}}"],
  ["cookiePrefix", "refused", "http.cookie.name", /secure: true/, "http: {cookie: {name: __Host-s}}"],
  [
    "cookiePrefix",
    "refused",
    "http.cookie.name",
    /no domain/,
    "http: {cookie: {name: __Host-s, secure: true, path: /api}}",
  ],
  ["podRanges", "warning", "internal.allowedPodCIDRs", /is not set.*10\.42/, "provisioner: {address: 'p:1'}"],
  [
    "podRanges",
    "warning",
    "internal.allowedPodCIDRs",
    /answer to all/,
    "internal: {allowedPodCIDRs: 0.0.0.0/0}",
  ],
  [
    "podRanges",
    "refused",
    "internal.allowedPodCIDRs",
    /"10\.0\.0\/8" is not an address range/,
    "internal: {allowedPodCIDRs: [10.0.0/8]}",
  ],
  ["jwtKey", "refused", "jwtVerifier", /has no key/, remoteIdentity],
  [
    "jwtKey",
    "refused",
    "jwtVerifier.publicKeyFile",
    /nowhere does not exist/,
    `${remoteIdentity}\njwtVerifier: {publicKeyFile: "\${NOWHERE}"}`,
  ],
  [
    "jwtKey",
    "refused",
    "jwtVerifier.publicKeyFile",
    /is not a key in PEM/,
    `${remoteIdentity}\njwtVerifier: {publicKeyFile: "\${TEXT}"}`,
  ],
  [
    "jwtKey",
    "refused",
    "jwtVerifier.publicKeyFile",
    /neither an EC key on P-256 nor/,
    `${remoteIdentity}\njwtVerifier: {publicKeyFile: "\${P521_PEM}"}`,
  ],
  [
    "jwtKey",
    "refused",
    "jwtVerifier.signingMethod",
    /is rs256, but .* for es256/,
    `${remoteIdentity}\njwtVerifier: {signingMethod: RS256, publicKeyFile: "\${EC_PEM}"}`,
  ],
  [
    "jwtKey",
    "warning",
    "jwtVerifier.privateKeyFile",
    /can sign tokens/,
    `${remoteIdentity}\njwtVerifier: {privateKeyFile: "\${EC_KEY}"}`,
  ],
  [
    "jwtKey",
    "warning",
    "jwtVerifier.privateKey",
    /can sign tokens/,
    `${remoteIdentity}\njwtVerifier: {privateKey: !file ec.key}`,
  ],
  [
    "jwtKey",
    "refused",
    "jwtVerifier.secretKey",
    /is not set/,
    `${remoteIdentity}\njwtVerifier: {signingMethod: hs256}`,
  ],
  [
    "jwtKey",
    "warning",
    "jwtVerifier.signingMethod",
    /can also make them/,
    `${remoteIdentity}\njwtVerifier: {signingMethod: hs256, secretKey: x}`,
  ],
  ["jwtKey", "warning", "jwtVerifier", /is not used/, `jwtVerifier: {publicKeyFile: "\${EC_PEM}"}`],
  [
    "caFiles",
    "refused",
    "authz.caCertPath",
    /nowhere does not exist/,
    `authz: {address: "a:1", caCertPath: "\${NOWHERE}"}`,
  ],
  [
    "caFiles",
    "refused",
    "session.caCertPath",
    /is not a certificate/,
    `session: {address: "s:1", caCertPath: "\${TEXT}"}`,
  ],
  [
    "caFiles",
    "refused",
    "k8shelld.caCertPath",
    /does not exist/,
    `provisioner: {address: "p:1"}\nk8shelld: {caCertPath: "\${NOWHERE}"}`,
  ],
  ["caFiles", "warning", "session.serverName", /plaintext/, 'session: {address: "s:1", serverName: session}'],
  [
    "tokenFiles",
    "warning",
    "session.tokenFilePath",
    /does not exist/,
    `session: {address: "s:1", tokenFilePath: "\${NOWHERE}"}`,
  ],
  [
    "tokenFiles",
    "warning",
    "session.tokenFilePath",
    /is empty/,
    `session: {address: "s:1", tokenFilePath: "\${EMPTY}"}`,
  ],
  [
    "plaintextToken",
    "warning",
    "authz.caCertPath",
    /clear text \(authz, session\)/,
    `authz: {address: "dns:///a:1", tokenFilePath: "\${TOKEN}"}\nsession: {address: "s:1", tokenFilePath: "\${TOKEN}"}`,
  ],
  [
    "forgottenAddress",
    "warning",
    "identity.address",
    /embedded service is used/,
    `identity: {tokenFilePath: "\${TOKEN}"}`,
  ],
  ["forgottenAddress", "warning", "k8shelld", /remote Provisioner/, `k8shelld: {tokenFilePath: "\${TOKEN}"}`],
  ["portZero", "warning", "http.port", /another port/, "http: {port: 0}", "127.0.0.1", 0],
  ["portZero", "refused", "http.port", /nobody knows the port/, "", "0.0.0.0", 0],
  ["openListener", "warning", "http.publicUrl", /is not set.*TLS proxy/, "", "0.0.0.0"],
  ["openListener", "warning", "http.publicUrl", /is http,/, "http: {publicUrl: 'http://x.example'}", "::"],
  [
    "serviceAddress",
    "refused",
    "session.address",
    /is not the address/,
    "session: {address: 'http://session:9010'}",
  ],
  [
    "serviceAddress",
    "refused",
    "session.address",
    /is not the address/,
    "session: {address: 'session:9010/x'}",
  ],
  ["serviceAddress", "warning", "session.address", /has no port/, "session: {address: session}"],
  ["serviceAddress", "warning", "session.address", /has no port/, "session: {address: 'dns:///session'}"],
  ["serviceAddress", "warning", "session.address", /has no port/, "session: {address: '::1'}"],
  ["natsUrl", "refused", "nats.url", /is not set/, "nats: {enabled: true}"],
  ["natsUrl", "refused", "nats.url", /is not an address/, "nats: {enabled: true, url: 'http://nats:4222'}"],
  [
    "natsLockTtl",
    "refused",
    "nats.lockedUsersTtlSeconds",
    /must outlive/,
    "nats: {enabled: true, url: nats, lockedUsersTtlSeconds: 3600}",
  ],
];

test.each(cases.map(([rule, severity, key, says, ...where]) => ({ rule, severity, key, says, where })))(
  "the rule $rule finds ($severity) that $key $says",
  ({ rule, severity, key, says, where }) => {
    const finding = rules[rule]?.(situation(...where))[0];
    expect(finding).toMatchObject({ severity, key });
    expect(finding && formatFinding(finding)).toMatch(says);
    expect(finding?.fix).toMatch(/^[A-Z].*[^.]$/s);
  },
);

test("every rule of the doctor has a case that it finds", () => {
  expect([...new Set(cases.map(([rule]) => rule))].sort()).toEqual(Object.keys(rules).sort());
});

test("tells refusals before warnings", () => {
  const severities = examine("http: {cookie: {httpOnly: false, sameSite: None}}").map(
    ({ severity }) => severity,
  );
  expect(severities).toEqual(["refused", "warning"]);
});

test.each([
  ["a key on loopback in plaintext", `session: {address: "127.0.0.1:9010", tokenFilePath: "\${TOKEN}"}`],
  ["a service on a socket of this machine", `session: {address: "unix:/run/s", tokenFilePath: "\${TOKEN}"}`],
  ["a cookie for the API only", "http: {cookie: {path: /api/v1}}"],
])("has nothing against %s", (_what, yaml) => {
  expect(examine(yaml)).toEqual([]);
});
