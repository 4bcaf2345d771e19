import { generateKeyPairSync, sign } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { decode, type WireMessage } from "../../../../workspaced/test/bare/wire.ts";
import { startServer } from "../../../src/assemble.ts";
import { loadConfig } from "../../../src/config/config.ts";
import { type BareAnswer, type BareCall, type BareService, startBareService } from "./bare-services.ts";

export const serviceNames = ["identity", "authz", "session", "provisioner", "k8shelld"] as const;
export type BareServiceName = (typeof serviceNames)[number];

/** A policy question as the contract's table writes it. */
export interface Question {
  readonly token: string | undefined;
  readonly package: string | undefined;
  readonly action: string | undefined;
  readonly type: string | undefined;
  readonly id: string;
  readonly attributes: Record<string, string>;
  readonly context: Record<string, string>;
  readonly patPreview: string;
}

/** A map field's entries; their order is nobody's. */
const mapOf = (entries: ReturnType<ReturnType<typeof decode>["messages"]>): Record<string, string> =>
  Object.fromEntries(entries.map((entry) => [entry.text(1) ?? "", entry.text(2) ?? ""]));

/** EvaluateRequest { 1 token, 2 action, 3 resource { 1 type, 2 id, 3 attributes }, 4 context, 5 package, 6 pat_preview }. */
export const questionOf = (bytes: Buffer): Question => {
  const request = decode(bytes);
  const [resource] = request.messages(3);
  return {
    token: request.text(1),
    package: request.text(5),
    action: request.text(2),
    type: resource?.text(1),
    id: resource?.text(2) ?? "",
    attributes: mapOf(resource?.messages(3) ?? []),
    context: mapOf(request.messages(4)),
    patPreview: request.text(6) ?? "",
  };
};

/** A gateway whose four services are bare ones: only recorded bytes and hand-written answers. */
export interface BarePlatform {
  /** Where the gateway is, without the path of the API. */
  readonly url: string;
  readonly jwt: string;
  readonly tokens: Readonly<Record<BareServiceName, string>>;
  readonly services: Readonly<Record<BareServiceName, BareService>>;
  /** What the next calls are answered with, by path; Authz allows unless it is told otherwise. */
  answers: Readonly<Record<string, BareAnswer | ((call: BareCall) => BareAnswer)>>;
  /** Obligations of the decisions. */
  obligations: Readonly<Record<string, string>>;
  /** Calls since the last time, Authz's apart. */
  take(): { calls: BareCall[]; questions: Question[]; all: BareCall[] };
  request(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
  close(): Promise<void>;
}

/** WorkspaceDetails { 1 status { 2 status }, 3 name, 4 username, 10 server_name, 11 pod_ip, 12 port, 13 tls_enabled, 19 namespace }. */
const runningWorkspace = (port: number): WireMessage => [
  [1, [[2, "Running"]]],
  [3, "bob-97ed438"],
  [4, "bob"],
  [10, "bob-97ed438.workspaces"],
  [11, "127.0.0.1"],
  [12, port],
  [19, "workspaces"],
];

const base64url = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");

export const startBarePlatform = async (): Promise<BarePlatform> => {
  const dir = await mkdtemp(join(tmpdir(), "k8shell-bare-"));
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    sub: "root",
    org: "default",
    roles: ["admin"],
    source: "local",
    iat: now,
    exp: now + 3600,
  };
  const signed = `${base64url({ alg: "ES256", typ: "JWT" })}.${base64url(claims)}`;
  const signature = sign("sha256", Buffer.from(signed), { key: privateKey, dsaEncoding: "ieee-p1363" });
  const jwt = `${signed}.${signature.toString("base64url")}`;
  await writeFile(join(dir, "jwt.pem"), publicKey.export({ type: "spki", format: "pem" }));

  const state: { answers: BarePlatform["answers"]; obligations: BarePlatform["obligations"] } = {
    answers: {},
    obligations: {},
  };
  const respond = (call: BareCall): BareAnswer | undefined => {
    const known = state.answers[call.path];
    if (known) return typeof known === "function" ? known(call) : known;
    if (call.path === "/provisioner.v1.ProvisionerService/FindWorkspace") {
      return { messages: [runningWorkspace(Number(k8shelld.address.split(":")[1]))] };
    }
    if (call.path !== "/authz.v1.AuthzService/Evaluate") return undefined;
    // EvaluateResponse { 1 allowed, 2 reason, 3 obligations }.
    const entries = Object.entries(state.obligations).map(([key, value]): WireMessage[number] => [
      3,
      [
        [1, key],
        [2, value],
      ],
    ]);
    return { messages: [[[1, true], ...entries]] };
  };
  const [identity, authz, session, provisioner, k8shelld] = [
    await startBareService(respond),
    await startBareService(respond),
    await startBareService(respond),
    await startBareService(respond),
    await startBareService(respond),
  ];
  const services = { identity, authz, session, provisioner, k8shelld };
  const tokens = {
    identity: "token-for-identity",
    authz: "token-for-authz",
    session: "token-for-session",
    provisioner: "token-for-provisioner",
    k8shelld: "token-for-k8shelld",
  };
  const lines: string[] = [];
  for (const name of serviceNames) {
    await writeFile(join(dir, name), ` ${tokens[name]}\n`);
    // Where a daemon is, the provisioner says.
    const address = name === "k8shelld" ? "" : `address: "${services[name].address}", `;
    lines.push(`${name}: {${address}tokenFilePath: "${join(dir, name)}"}`);
  }
  lines.push(`jwtVerifier: {signingMethod: es256, publicKeyFile: "${join(dir, "jwt.pem")}"}`);
  const config = join(dir, "config.yaml");
  await writeFile(config, `${lines.join("\n")}\n`);
  const server = await startServer({
    dataDir: join(dir, "data"),
    port: 0,
    config: loadConfig(config, {}),
    version: "0.0.0-test",
    log: pino({ level: "silent" }),
  });

  return {
    url: server.url,
    jwt,
    tokens,
    services,
    get answers() {
      return state.answers;
    },
    set answers(answers) {
      state.answers = answers;
    },
    get obligations() {
      return state.obligations;
    },
    set obligations(obligations) {
      state.obligations = obligations;
    },
    take() {
      const taken = serviceNames.map((name) => [name, services[name].calls.splice(0)] as const);
      const all = taken.flatMap(([, calls]) => calls);
      return {
        all,
        calls: taken.filter(([name]) => name !== "authz").flatMap(([, calls]) => calls),
        questions: taken
          .filter(([name]) => name === "authz")
          .flatMap(([, calls]) => calls)
          .filter(({ path }) => path.endsWith("/Evaluate"))
          .map(({ messages: [bytes = Buffer.alloc(0)] }) => questionOf(bytes)),
      };
    },
    request: (method, path, body, headers = { authorization: `Bearer ${jwt}` }) =>
      fetch(`${server.url}/api/v1${path}`, {
        method,
        redirect: "manual",
        headers: { ...headers, ...(body === undefined ? {} : { "content-type": "application/json" }) },
        body: body === undefined ? undefined : JSON.stringify(body),
      }),
    async close() {
      await server.close();
      for (const name of serviceNames) await services[name].close();
      await rm(dir, { recursive: true, force: true });
    },
  };
};
