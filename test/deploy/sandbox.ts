import { execFileSync, spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../..");

/** The image's tree, and files as the platform's chart mounts them. */
export interface ImageTree {
  /**
   * Runs a shell script where the image would: working directory /app, user 65532, everything but `writable` read-only,
   * a network of its own.
   */
  run(
    script: string,
    options?: { writable?: readonly string[]; env?: Record<string, string> },
  ): Promise<string>;
  remove(): void;
}

const services = ["session", "identity", "authz", "provisioner", "k8shelld"];

/**
 * Executes the last steps of deploy/Containerfile without a container engine: the tree of /app is made by the same
 * program, and bubblewrap gives it a read-only root file system and an unprivileged user.
 */
export const imageTree = (): ImageTree => {
  const dir = mkdtempSync(join(tmpdir(), "k8shell-image-"));
  const app = join(dir, "app");
  execFileSync(process.execPath, [join(root, "deploy/make-root.mjs"), app], { stdio: "inherit" });
  const config = join(dir, "config");
  mkdirSync(config);
  cpSync(join(root, "packages/api-server/test/fixtures/chart/config.yaml"), join(config, "config.yaml"));
  const secrets = join(dir, "secrets");
  mkdirSync(join(secrets, "k8shell.io"), { recursive: true });
  mkdirSync(join(secrets, "jwt-issuer"));
  for (const name of services) writeFileSync(join(secrets, "k8shell.io", name), `token of ${name}`);
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  writeFileSync(
    join(secrets, "jwt-issuer/private-key.pem"),
    privateKey.export({ type: "pkcs8", format: "pem" }),
  );
  const hosts = join(dir, "hosts");
  writeFileSync(hosts, `127.0.0.1 localhost nats ${services.join(" ")}\n`);
  // The unprivileged user must get through the temporary directory of the owner.
  execFileSync("chmod", ["-R", "a+rX", dir]);

  return {
    run(script, { writable = [], env = {} } = {}) {
      const environment = {
        PATH: "/opt/node/bin:/usr/bin:/bin:/usr/sbin",
        HOME: "/nonexistent",
        K8SHELL_BIND: "0.0.0.0",
        K8SHELL_DATA: "/data",
        ...env,
      };
      const args = [
        ...["--unshare-all", "--die-with-parent", "--new-session", "--clearenv"],
        ...["--uid", "65532", "--gid", "65532"],
        ...["--ro-bind", "/usr", "/usr", "--symlink", "usr/bin", "/bin", "--symlink", "usr/sbin", "/sbin"],
        ...["--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64", "/lib64"],
        ...["--ro-bind", process.execPath, "/opt/node/bin/node"],
        ...["--ro-bind", app, "/app", "--ro-bind", config, "/app/config"],
        ...["--ro-bind", secrets, "/run/secrets", "--symlink", "../run", "/var/run"],
        ...["--ro-bind", hosts, "/etc/hosts", "--proc", "/proc", "--dev", "/dev"],
        ...writable.flatMap((path) => ["--tmpfs", path]),
        ...Object.entries(environment).flatMap(([name, value]) => ["--setenv", name, value]),
        ...["--remount-ro", "/", "--chdir", "/app", "bash", "-c", script],
      ];
      const child = spawn("bwrap", args, { stdio: ["ignore", "pipe", "pipe"] });
      let output = "";
      for (const stream of [child.stdout, child.stderr]) {
        stream.on("data", (chunk) => {
          output += chunk;
        });
      }
      return new Promise((done) => child.on("close", () => done(output)));
    },
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
};

/**
 * A script that starts the server with these arguments, asks it for some paths once it lives, stops it with SIGTERM, and
 * prints `path status body` a line each and `exit=code`.
 */
export const serveAndAsk = (args: string, paths: readonly string[]): string => `
./api-server ${args} & server=$!
node --input-type=module -e '
  for (let tries = 0; tries < 300; tries += 1) {
    const alive = await fetch("http://127.0.0.1:9101/livez").then((r) => r.ok, () => false);
    if (alive) break;
    await new Promise((resume) => setTimeout(resume, 100));
  }
  for (const path of ${JSON.stringify(paths)}) {
    const response = await fetch("http://127.0.0.1:9101" + path);
    console.log(path, response.status, (await response.text()).replaceAll("\\n", " "));
  }
'
kill -TERM $server; wait $server; echo "exit=$?"
`;
