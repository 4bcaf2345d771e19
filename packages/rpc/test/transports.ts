import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Channel,
  grpcChannel,
  inProcessChannel,
  type ServiceRegistration,
  startGrpcServer,
} from "../src/index.ts";

/** A served set of implementations and a channel to it. */
export interface Link {
  channel: Channel;
  close(): Promise<void>;
}

export interface Transport {
  name: string;
  connect(services: ServiceRegistration[], onError: (error: unknown, method: string) => void): Promise<Link>;
}

const temporary = () => mkdtempSync(join(tmpdir(), "k8shell-rpc-"));

/** A CA and a certificate of it for the name `identity.test.svc` only, made with the openssl command. */
export const makeCertificates = () => {
  const dir = temporary();
  const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: dir, stdio: "pipe" });
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  openssl(
    "req",
    "-x509",
    ...key,
    "-keyout",
    "ca.key",
    "-out",
    "ca.crt",
    "-days",
    "2",
    "-subj",
    "/CN=Test CA",
  );
  openssl("req", ...key, "-keyout", "tls.key", "-out", "tls.csr", "-subj", "/CN=service");
  const extensions = "subjectAltName=DNS:identity.test.svc";
  execFileSync("sh", ["-c", `echo ${extensions} > ext`], { cwd: dir });
  openssl(
    "x509",
    "-req",
    "-in",
    "tls.csr",
    "-CA",
    "ca.crt",
    "-CAkey",
    "ca.key",
    "-CAcreateserial",
    "-out",
    "tls.crt",
    "-days",
    "2",
    "-extfile",
    "ext",
  );
  const read = (name: string) => readFileSync(join(dir, name), "utf8");
  const made = { ca: read("ca.crt"), cert: read("tls.crt"), key: read("tls.key") };
  rmSync(dir, { recursive: true });
  return made;
};

const grpc = async (
  options: Omit<Parameters<typeof startGrpcServer>[0], "services" | "onError">,
  client: Omit<Parameters<typeof grpcChannel>[0], "address">,
  services: ServiceRegistration[],
  onError: (error: unknown, method: string) => void,
): Promise<Link> => {
  const server = await startGrpcServer({ ...options, services, onError });
  const channel = grpcChannel({ ...client, address: server.address });
  return {
    channel,
    async close() {
      await channel.close();
      await server.close();
    },
  };
};

/** Every way that calls can reach an implementation. */
export const transports: Transport[] = [
  {
    name: "in process",
    async connect(services, onError) {
      const channel = inProcessChannel(services, { onError });
      return { channel, close: () => channel.close() };
    },
  },
  {
    name: "gRPC in plaintext",
    connect: (services, onError) => grpc({ address: "127.0.0.1:0" }, {}, services, onError),
  },
  {
    name: "gRPC with TLS",
    connect(services, onError) {
      const { ca, cert, key } = makeCertificates();
      return grpc(
        { address: "127.0.0.1:0", tls: { cert, key } },
        { ca, serverName: "identity.test.svc" },
        services,
        onError,
      );
    },
  },
  {
    name: "gRPC on a unix socket",
    async connect(services, onError) {
      const dir = temporary();
      const link = await grpc({ address: `unix:${join(dir, "rpc.sock")}` }, {}, services, onError);
      return {
        ...link,
        async close() {
          await link.close();
          rmSync(dir, { recursive: true });
        },
      };
    },
  },
];
