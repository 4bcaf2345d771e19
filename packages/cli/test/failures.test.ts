import { execFileSync, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { createServer as createHttpServer, type Server } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { bundle, newHome, runCli } from "./run-cli.ts";

let home: string;
const servers: Server[] = [];

beforeAll(async () => {
  home = await newHome();
});
afterAll(() => Promise.all(servers.map((server) => server[Symbol.asyncDispose]())));

const listening = async (server: Server): Promise<number> => {
  servers.push(server.listen(0, "127.0.0.1"));
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
};

/** What a command says of a server that cannot be reached. */
const saidOf = async (server: string) => {
  const { stderr, code } = await runCli(home, ["workspace", "list"], {
    env: { K8SHELL_SERVER: server, K8SHELL_TOKEN: "k8sh_x" },
  });
  expect(code).toBe(7);
  return stderr;
};

it("says why a server cannot be reached, and what to do", async () => {
  expect(await saidOf("http://127.0.0.1:2")).toBe(
    "k8shell: The server at http://127.0.0.1:2 cannot be reached: nothing listens there.\n" +
      "  Check the address and port, and that the server runs\n",
  );
  expect(await saidOf("http://127.0.0.1:1")).toContain("refuse its port");
  expect(await saidOf("https://nowhere.invalid")).toMatch(
    /cannot be reached: .*name service.*\n {2}Check .*DNS/,
  );
});

it("tells TLS where there is none, and the other way round", async () => {
  const plain = await listening(createHttpServer((_request, response) => response.end()));
  expect(await saidOf(`https://127.0.0.1:${plain}`)).toMatch(/does not speak TLS\.\n.*http:\/\//);
});

it("tells a certificate that nobody signed from one that is for another name", async () => {
  const [key, cert] = [join(home, "key.pem"), join(home, "cert.pem")];
  execFileSync(
    "openssl",
    ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30"].concat([
      ...["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
      ...["-keyout", key, "-out", cert],
    ]),
    { stdio: "ignore" },
  );
  const options = { key: await readFile(key), cert: await readFile(cert) };
  const port = await listening(createHttpsServer(options, (_request, response) => response.end()));
  expect(await saidOf(`https://localhost:${port}`)).toMatch(
    /signed its certificate\.\n.*NODE_EXTRA_CA_CERTS/,
  );
  const { stderr } = await runCli(home, ["workspace", "list"], {
    env: { K8SHELL_SERVER: `https://127.0.0.1:${port}`, K8SHELL_TOKEN: "x", NODE_EXTRA_CA_CERTS: cert },
  });
  expect(stderr).toContain("its certificate is for another name.\n");
});

it("refuses the address of another kind of server wherever it is written", async () => {
  const login = await runCli(home, ["login", "--server", "ftp://x", "--token-stdin"], { stdin: "x" });
  expect(login).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("ftp is neither http nor https.\n"),
  });
  const file = join(home, "by-hand.yaml");
  await writeFile(file, "contexts:\n  - { name: one, server: ftp://x, token: y }\n");
  const list = await runCli(home, ["workspace", "list", "--config", file]);
  expect(list).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("ftp is neither http nor https.\n"),
  });
});

it("says why its own file can be neither read nor written, and leaves nothing beside it", async () => {
  const file = join(home, "taken", "config.yaml");
  await mkdir(file, { recursive: true });
  const read = await runCli(home, ["context", "list", "--config", file]);
  expect(read).toMatchObject({
    code: 2,
    stderr: `k8shell: The configuration file ${file} cannot be read: it is a directory.\n  Check its permissions, or use another one with --config FILE\n`,
  });
  const below = join(home, "file");
  await writeFile(below, "");
  const inFile = await runCli(home, ["context", "list", "--config", join(below, "config.yaml")]);
  expect(inFile.stderr).toContain("part of the path is no directory.\n");
  expect(await readdir(dirname(file))).toEqual(["config.yaml"]);
});

it("fails when its output cannot be written, but not when nobody wants the rest of it", () => {
  const run = (line: string) => {
    const { stderr, status } = spawnSync("bash", ["-c", line, process.execPath, bundle], {
      env: { HOME: home },
      encoding: "utf8",
    });
    return { stderr, status };
  };
  expect(run('"$0" "$1" completion bash > /dev/full')).toEqual({
    stderr: "k8shell: Standard output cannot be written: the disk is full.\n  Make room, and try again\n",
    status: 1,
  });
  expect(run('set -o pipefail; "$0" "$1" completion bash | exec 0<&-')).toEqual({ stderr: "", status: 0 });
});
