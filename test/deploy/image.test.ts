import { afterAll, beforeAll, expect, test } from "vitest";
import { type ImageTree, imageTree, serveAndAsk } from "./sandbox.ts";

let image: ImageTree;
beforeAll(() => {
  image = imageTree();
});
afterAll(() => image?.remove());

const secretEnv = { JWT_SIGNING_METHOD: "es256", NATS_K8SHELL_PASSWORD: "broker-password" };

test("the image starts with the platform chart's command line and configuration, writing nothing", async () => {
  const output = await image.run(
    `nats-server -js -sd /nats -a 127.0.0.1 --user k8shell-service --pass broker-password >/dev/null 2>&1 & nats=$!
     ${serveAndAsk("--config config/config.yaml --logtext", ["/livez", "/readyz", "/api/v1/healthcheck"])}
     kill $nats`,
    { writable: ["/nats"], env: secretEnv },
  );
  expect(output).toMatch(/^listening on http:\/\/127\.0\.0\.1:9101$/m);
  expect(output).toMatch(/^\/livez 200 /m);
  // The chart's services are not there: alive, not ready, and it says which parts are missing.
  expect(output).toMatch(/^\/readyz 503 /m);
  const health: unknown = JSON.parse(/^\/api\/v1\/healthcheck 200 (.*)$/m.exec(output)?.[1] ?? "null");
  expect(health).toMatchObject({
    status: "degraded",
    backends: {
      kv: { status: "ok", mode: "remote" },
      identity: { status: "down", mode: "remote" },
      authz: { status: "down", mode: "remote" },
      session: { status: "down", mode: "remote" },
      provisioner: { status: "down", mode: "remote" },
    },
  });
  expect(output).toContain("internal.allowedPodCIDRs");
  expect(output).not.toContain("broker-password");
  expect(output).toMatch(/^exit=0$/m);
});

test("the image's user is not root and its file system is read-only", async () => {
  const output = await image.run("id -u; touch /app/x /tmp/x /x; ls -ld /app/api-server");
  expect(output).toMatch(/^65532$/m);
  for (const path of ["/app/x", "/x"]) {
    expect(output).toMatch(new RegExp(`'?${path}'?: (Read-only file system|Permission denied)`));
  }
  expect(output).toMatch(/^-rwxr-xr-x.* \/app\/api-server$/m);
});

test("the image alone is a whole platform with a volume for its data", async () => {
  const output = await image.run(serveAndAsk("", ["/readyz", "/api/v1/healthcheck", "/", "/docs"]), {
    writable: ["/data", "/tmp"],
  });
  expect(output).toMatch(/^\/readyz 200 /m);
  expect(output).toMatch(/^\/ 200 <!doctype html>/im);
  expect(output).toMatch(/^\/docs 200 /m);
  expect(output).toMatch(/^exit=0$/m);
});

test("the image's --check-config examines the mounted configuration", async () => {
  const output = await image.run("./api-server --config config/config.yaml --check-config; echo exit=$?", {
    env: secretEnv,
  });
  expect(output).toMatch(/^ {2}password: "?\*{8}"?$/m);
  expect(output).toMatch(/^The configuration can be used \(\d warnings\)\.$/m);
  expect(output).toMatch(/^exit=0$/m);
  const missing = await image.run("./api-server --config config/config.yaml --logtext; echo exit=$?");
  expect(missing).toMatch(/JWT_SIGNING_METHOD is not set/);
  expect(missing).toMatch(/^exit=2$/m);
});
