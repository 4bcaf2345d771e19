import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";

export interface Front {
  stop(): Promise<void>;
}

const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];

const configuration = (dir: string, port: number, backends: readonly string[], prefix: string): string => `
daemon off;
master_process off;
pid ${dir}/nginx.pid;
error_log stderr warn;
events { worker_connections 1024; }
http {
  access_log off;
  ${temporary.map((name) => `${name}_temp_path ${dir}/${name};`).join("\n  ")}
  map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
  upstream gateways {
    ${backends.map((backend) => `server ${backend};`).join("\n    ")}
    keepalive 16;
  }
  server {
    listen 127.0.0.1:${port};
    client_max_body_size 0;
    location ${prefix}/ {
      proxy_pass http://gateways${prefix === "" ? "" : "/"};
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      proxy_request_buffering off;
      proxy_buffering off;
      proxy_read_timeout 1h;
    }
  }
}
`;

const accepts = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });

/**
 * nginx as operators put it before several gateways: it takes turns between them, request by request.
 * @param backends `host:port` of each
 * @param prefix path before every address, which the servers never see, e.g. `/k8shell`
 */
export const startFront = async (
  dir: string,
  port: number,
  backends: readonly string[],
  prefix = "",
): Promise<Front> => {
  await mkdir(dir, { recursive: true });
  const file = join(dir, "nginx.conf");
  await writeFile(file, configuration(dir, port, backends, prefix));
  const path = `${process.env.PATH}:/usr/sbin`;
  const child: ChildProcess = spawn("nginx", ["-p", dir, "-c", file, "-e", "stderr"], {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, PATH: path },
  });
  let output = "";
  child.stderr?.on("data", (chunk) => {
    output += chunk;
  });
  const exited = once(child, "exit");
  while (!(await accepts(port))) {
    if (child.exitCode !== null) throw new Error(`nginx ended: ${output}`);
    await new Promise((next) => setTimeout(next, 20));
  }
  return {
    async stop() {
      child.kill("SIGTERM");
      await exited;
    },
  };
};
