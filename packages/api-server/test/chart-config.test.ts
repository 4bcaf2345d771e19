import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadConfig } from "../src/config/config.ts";
import { examineConfig } from "../src/config/doctor/examine.ts";

const rendered = join(import.meta.dirname, "fixtures/chart/config.yaml");
const env = { JWT_SIGNING_METHOD: "es256", NATS_K8SHELL_PASSWORD: "from-the-secret" };
let root: string;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "k8shell-chart-"));
  const secrets = join(root, "var/run/secrets/k8shell.io");
  mkdirSync(secrets, { recursive: true });
  for (const name of ["session", "identity", "authz", "provisioner", "k8shelld"]) {
    writeFileSync(join(secrets, name), `token for ${name}\n`);
  }
  mkdirSync(join(root, "run/secrets/jwt-issuer"), { recursive: true });
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  writeFileSync(
    join(root, "run/secrets/jwt-issuer/private-key.pem"),
    privateKey.export({ type: "pkcs8", format: "pem" }),
  );
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

test("the configuration that the platform's chart renders is read without a warning", () => {
  const warnings: string[] = [];
  const config = loadConfig(rendered, env, (warning) => warnings.push(warning));
  expect(warnings).toEqual([]);
  expect(config).toMatchObject({
    http: {
      port: 9101,
      cookie: {
        name: "k8shell-session",
        secure: true,
        httpOnly: true,
        sameSite: "Strict",
        maxAgeSeconds: 86_400,
        path: "/api/v1",
        domain: ".k8shell.example.org",
      },
      logging: { enabled: true, requestHeaders: false, responseHeaders: false },
    },
    jwtVerifier: { signingMethod: "es256", privateKeyFile: "/run/secrets/jwt-issuer/private-key.pem" },
    nats: {
      enabled: true,
      url: "nats://nats:4222",
      username: "k8shell-service",
      password: "from-the-secret",
    },
    session: { address: "session:9010", tokenFilePath: "/var/run/secrets/k8shell.io/session" },
    identity: { address: "identity:9020", tokenFilePath: "/var/run/secrets/k8shell.io/identity" },
    authz: { address: "authz:9011", tokenFilePath: "/var/run/secrets/k8shell.io/authz" },
    provisioner: { address: "provisioner:9030", tokenFilePath: "/var/run/secrets/k8shell.io/provisioner" },
    k8shelld: { tokenFilePath: "/var/run/secrets/k8shell.io/k8shelld" },
  });
  expect(config.internal.allowedPodCIDRs).toBeUndefined();
});

test.each(Object.keys(env))("the chart's configuration is refused without %s", (missing) => {
  const rest = Object.fromEntries(Object.entries(env).filter(([name]) => name !== missing));
  expect(() => loadConfig(rendered, rest)).toThrow(
    expect.objectContaining({
      message: expect.stringMatching(
        new RegExp(`config\\.yaml:\\d+:\\d+: (jwtVerifier|nats)\\.\\w+: .*${missing} is not set`),
      ),
    }),
  );
});

test("the doctor lets the chart's configuration start, and says what it costs", () => {
  const file = join(root, "config.yaml");
  writeFileSync(
    file,
    readFileSync(rendered, "utf8").replaceAll(/(?<=: )(?=\/(?:run|var\/run)\/secrets)/g, root),
  );
  const config = loadConfig(file, env);
  const findings = examineConfig({ config, host: "0.0.0.0", port: 9101 });
  expect(findings.filter(({ severity }) => severity === "refused")).toEqual([]);
  expect(findings.map(({ key }) => key).sort()).toEqual([
    "http.cookie.domain",
    "http.cookie.path",
    "identity.caCertPath",
    "internal.allowedPodCIDRs",
    "jwtVerifier.privateKeyFile",
  ]);
});
