import { readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfig } from "@k8shell/api-server/src/config/config.ts";
import { examineConfig } from "@k8shell/api-server/src/config/doctor/examine.ts";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { testTools } from "../../scripts/test-tools.mjs";
import { lint, type Manifest, render } from "./render.ts";

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "k8shell-chart-"));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

/** Every part of the chart switched on. */
const everything = {
  host: "k8shell.example.org",
  allowedPodCIDRs: ["10.42.0.0/16"],
  ca: { secretName: "platform-ca" },
  autoscaling: { enabled: true },
  serviceMonitor: { enabled: true, labels: { release: "prometheus" } },
  persistence: { enabled: true, storageClassName: "fast" },
  networkPolicy: { from: [{ namespaceSelector: { matchLabels: { name: "ingress-nginx" } } }] },
  imagePullSecrets: [{ name: "pull" }],
  podAnnotations: { a: "b" },
  podLabels: { c: "d" },
  nodeSelector: { "kubernetes.io/os": "linux" },
  tolerations: [{ key: "dedicated", operator: "Exists" }],
  topologySpreadConstraints: [
    { maxSkew: 1, topologyKey: "kubernetes.io/hostname", whenUnsatisfiable: "ScheduleAnyway" },
  ],
  extraEnv: [{ name: "K8SHELL_LOG_LEVEL", value: "debug" }],
};
const embedded = {
  services: { identity: { address: "" }, authz: { address: "" }, session: { address: "" } },
  config: { database: { url: "postgres://db/k8shell" }, http: { cookie: { sameSite: "Strict" } } },
};
const minimal = {
  serviceAccount: { create: false, name: "api-server" },
  ingress: { enabled: false },
  podDisruptionBudget: { enabled: false },
  networkPolicy: { enabled: false },
  nats: { passwordSecret: { name: "" } },
  ca: { configMapName: "ca-bundle" },
  jwt: { privateKeySecret: { name: "jwt-issuer" } },
};
const cases = { defaults: {}, everything, embedded, minimal };

const problemsOf = (object: Manifest, version: string): string[] => {
  const schemas = testTools.kubernetesSchemas(version);
  const group = object.apiVersion.replace(/^([^./]*)(?:\.[^/]*)?\//, "$1-");
  const read = (name: string): object =>
    z.looseObject({}).parse(JSON.parse(readFileSync(join(schemas, name), "utf8")));
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false, logger: false });
  ajv.addSchema(read("_definitions.json"), "_definitions.json");
  const check = ajv.compile(read(`${object.kind.toLowerCase()}-${group}.json`));
  check(object);
  return (check.errors ?? []).map(
    ({ instancePath, message, params }) =>
      `${object.kind}${instancePath} ${message} ${JSON.stringify(params)}`,
  );
};

const isCustom = ({ apiVersion }: Manifest): boolean => apiVersion.startsWith("monitoring.coreos.com/");
const find = (objects: readonly Manifest[], kind: string): Manifest => {
  const object = objects.find((candidate) => candidate.kind === kind);
  if (!object) throw new Error(`no ${kind} was rendered`);
  return object;
};

test.each(
  Object.entries(cases).flatMap(([name, values]) =>
    ["1.27.0", "1.34.0", "1.37.0"].map((version) => ({ name, values, version })),
  ),
)(
  "with values '$name' every object is what Kubernetes $version accepts, no field unknown",
  ({ values, version }) => {
    const objects = render(values, version);
    expect(objects.length).toBeGreaterThan(2);
    expect(
      objects.filter((object) => !isCustom(object)).flatMap((object) => problemsOf(object, version)),
    ).toEqual([]);
  },
);

test("the check of objects finds unknown fields and wrong types", () => {
  const deployment = find(render({}), "Deployment");
  const broken = {
    ...deployment,
    spec: { ...z.looseObject({}).parse(deployment.spec), replicas: "two", replicass: 2 },
  };
  const problems = problemsOf(broken, "1.34.0").join("\n");
  expect(problems).toContain("replicass");
  expect(problems).toContain("/spec/replicas must be");
});

test.each(Object.entries(cases))("helm lint finds nothing with values '%s'", (_name, values) => {
  expect(lint(values)).toContain("1 chart(s) linted, 0 chart(s) failed");
});

test("everything switched on renders every kind of object", () => {
  expect(
    render(everything)
      .map(({ kind }) => kind)
      .sort(),
  ).toEqual([
    "ConfigMap",
    "Deployment",
    "HorizontalPodAutoscaler",
    "Ingress",
    "NetworkPolicy",
    "PersistentVolumeClaim",
    "PodDisruptionBudget",
    "Service",
    "ServiceAccount",
    "ServiceMonitor",
  ]);
});

/** The configuration that a chart mounts, read as the server reads it. */
const mounted = (values: unknown) => {
  const { data } = z
    .object({ data: z.record(z.string(), z.string()) })
    .parse(find(render(values), "ConfigMap"));
  const file = join(dir, "config.yaml");
  writeFileSync(file, data["config.yaml"] ?? "");
  const warnings: string[] = [];
  const config = loadConfig(file, { NATS_K8SHELL_PASSWORD: "secret" }, (warning) => warnings.push(warning));
  return { config, warnings };
};

test.each(Object.entries(cases))("the configuration of values '%s' has no unknown key", (_name, values) => {
  expect(mounted(values).warnings).toEqual([]);
});

test("the default configuration is one the doctor has nothing against but plaintext to the services", () => {
  const { config } = mounted({ allowedPodCIDRs: ["10.42.0.0/16"] });
  // The files are mounted in the cluster and not here.
  const aboutFiles = /does not exist/;
  const findings = examineConfig({ config, host: "0.0.0.0", port: 9101 });
  expect(findings.filter(({ problem }) => !aboutFiles.test(problem)).map(({ key }) => key)).toEqual([
    "identity.caCertPath",
  ]);
  expect(config.http).toMatchObject({
    port: 9101,
    publicUrl: "https://k8shell.example.org",
    cookie: { secure: true },
  });
  expect(config.nats).toMatchObject({ enabled: true, username: "k8shell-service", password: "secret" });
});

test("with a CA every service is reached over TLS with its own name", () => {
  const { config } = mounted(everything);
  for (const name of ["identity", "authz", "session", "provisioner"] as const) {
    expect(config[name]).toMatchObject({
      tokenFilePath: `/var/run/secrets/k8shell.io/${name}`,
      caCertPath: "/etc/k8shell/ca/ca.crt",
      serverName: `${name}.k8s.svc`,
    });
  }
  expect(config.metrics).toMatchObject({ port: 9102, bind: "0.0.0.0" });
  expect(config.k8shelld).toEqual({
    tokenFilePath: "/var/run/secrets/k8shell.io/k8shelld",
    caCertPath: "/etc/k8shell/ca/ca.crt",
  });
});

test("keys of `config` win over what the chart says, block by block", () => {
  const { config } = mounted(embedded);
  expect(config.http.cookie).toMatchObject({ sameSite: "Strict", secure: true });
  expect(config.identity.address).toBeUndefined();
  expect(config.provisioner.address).toBe("dns:///provisioner:9030");
  expect(config.jwtVerifier.publicKeyFile).toBeUndefined();
});

const podSpec = z.object({
  spec: z.object({
    template: z.object({
      spec: z.object({
        securityContext: z.looseObject({}),
        containers: z.tuple([
          z.looseObject({ volumeMounts: z.array(z.looseObject({ mountPath: z.string() })) }),
        ]),
        volumes: z.array(z.looseObject({ name: z.string() })),
      }),
    }),
  }),
});

test("the pod runs the image's command line without privileges, with one token for each service", () => {
  const { securityContext, containers, volumes } = podSpec.parse(find(render({}), "Deployment")).spec.template
    .spec;
  const [container] = containers;
  expect(container).toMatchObject({
    command: ["./api-server"],
    args: ["--config", "config/config.yaml"],
    workingDir: "/app",
    securityContext: {
      readOnlyRootFilesystem: true,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
    },
    livenessProbe: { httpGet: { path: "/livez", port: "http" } },
    readinessProbe: { httpGet: { path: "/readyz", port: "http" } },
  });
  expect(securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 65_532 });
  expect(volumes.find(({ name }) => name === "tokens")).toMatchObject({
    projected: {
      sources: ["session", "identity", "authz", "provisioner", "k8shelld"].map((audience) => ({
        serviceAccountToken: { audience, path: audience, expirationSeconds: 600 },
      })),
    },
  });
});

test("the ingress serves both hosts, with a certificate for each", () => {
  expect(find(render({}), "Ingress")).toMatchObject({
    spec: {
      tls: [
        { hosts: ["k8shell.example.org"], secretName: "k8shell-tls" },
        { hosts: ["*.k8shell.example.org"], secretName: "k8shell-apps-tls" },
      ],
      rules: [
        { host: "k8shell.example.org", http: { paths: [{ path: "/" }] } },
        { host: "*.k8shell.example.org", http: { paths: [{ path: "/" }] } },
      ],
    },
  });
});

test("service, disruption budget, network policy and monitor select the pods that the deployment makes", () => {
  const objects = render(everything);
  const selector = { "app.kubernetes.io/name": "k8shell-api-server", "app.kubernetes.io/instance": "shop" };
  expect(find(objects, "Deployment")).toMatchObject({
    spec: { selector: { matchLabels: selector }, template: { metadata: { labels: selector } } },
  });
  expect(find(objects, "Service")).toMatchObject({
    metadata: { labels: selector },
    spec: {
      selector,
      ports: [
        { name: "http", port: 9101, targetPort: "http" },
        { name: "metrics", port: 9102, targetPort: "metrics" },
      ],
    },
  });
  expect(find(objects, "PodDisruptionBudget")).toMatchObject({
    spec: { selector: { matchLabels: selector } },
  });
  expect(find(objects, "NetworkPolicy")).toMatchObject({ spec: { podSelector: { matchLabels: selector } } });
  expect(find(objects, "ServiceMonitor")).toMatchObject({
    apiVersion: "monitoring.coreos.com/v1",
    spec: { selector: { matchLabels: selector }, endpoints: [{ port: "metrics", path: "/metrics" }] },
  });
});
