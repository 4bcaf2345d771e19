import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SshService } from "@k8shell/contract/gen/k8shelld/v1/k8shelld_pb.js";
import { Code, RpcError, register, startGrpcServer } from "@k8shell/rpc";
import { expect, onTestFinished, test } from "vitest";
import { createWithSession } from "../src/files/workspace-session.ts";
import { fileRoutes } from "../src/routes/files.ts";
import { startWorkspaceGateway, workspaceName } from "./workspace-fixture.ts";

/**
 * A daemon that is none of ours: a plain gRPC server, whose Exec runs OpenSSH's sftp-server and cuts what it says into
 * frames of 4 KiB.
 */
const startForeignDaemon = async (options: readonly string[]) => {
  const directory = mkdtempSync(join(tmpdir(), "openssh-"));
  const home = join(directory, "home");
  const commands: string[] = [];
  const server = await startGrpcServer({
    address: `unix:${join(directory, "daemon.sock")}`,
    services: [
      register(SshService, {
        async *exec(requests) {
          const input = requests[Symbol.asyncIterator]();
          const first = await input.next();
          if (first.done || first.value.request.case !== "commandDetails") {
            throw new RpcError(Code.InvalidArgument, "the first message must be command_details");
          }
          commands.push(first.value.request.value.command);
          const child = spawn("/usr/lib/openssh/sftp-server", ["-e", ...options], {
            cwd: directory,
            stdio: ["pipe", "pipe", "ignore"],
          });
          child.stdin.on("error", () => {});
          const exited = once(child, "exit");
          const pump = async () => {
            for (;;) {
              const next = await input.next();
              if (next.done) break;
              const { request } = next.value;
              if (request.case === "input" && !child.stdin.write(request.value)) {
                await Promise.race([once(child.stdin, "drain"), exited]);
              }
            }
            child.stdin.end();
          };
          pump().catch(() => child.kill());
          for await (const chunk of child.stdout) {
            for (let at = 0; at < chunk.length; at += 4096) {
              yield { response: { case: "stdout", value: chunk.subarray(at, at + 4096) } };
            }
          }
          const [code] = await exited;
          yield { response: { case: "exitCode", value: Number(code ?? 1) } };
        },
      }),
    ],
  });
  onTestFinished(async () => {
    await server.close();
    rmSync(directory, { recursive: true });
  });
  return { directory, home, address: server.address, commands };
};

test.each([
  ["as it is", []],
  // Requests that a server refuses, as one does that knows no extensions.
  ["without extensions of its own", ["-P", "posix-rename,statvfs,fstatvfs,hardlink,fsync,lsetstat,limits"]],
] as const)("files go up and down unchanged through OpenSSH's sftp-server, %s", async (_name, options) => {
  const { directory, address, commands } = await startForeignDaemon(options);
  const gateway = await startWorkspaceGateway({
    daemon: { address },
    routes: (workspaces) => fileRoutes({ withSession: createWithSession({ workspaces }) }),
  });
  const base = `${gateway.url}/api/v1/workspaces/${workspaceName}/files`;
  const content = Buffer.alloc(5_000_000);
  for (let at = 0; at < content.length; at += 4) content.writeUInt32LE(at, at);
  const put = await fetch(`${base}?path=file`, { method: "PUT", body: content });
  expect(put.status).toBe(201);
  expect(readFileSync(join(directory, "file")).equals(content)).toBe(true);
  const got = await fetch(`${base}?path=file`);
  expect(Buffer.from(await got.arrayBuffer()).equals(content)).toBe(true);
  const part = await fetch(`${base}?path=file`, { headers: { range: "bytes=1000001-3000000" } });
  expect(Buffer.from(await part.arrayBuffer()).equals(content.subarray(1_000_001, 3_000_001))).toBe(true);
  const list: unknown = await (await fetch(`${base}/list`)).json();
  expect(list).toMatchObject({
    entries: expect.arrayContaining([expect.objectContaining({ name: "file" })]),
  });
  expect(new Set(commands)).toEqual(new Set(["/usr/local/bin/sftp"]));
});
