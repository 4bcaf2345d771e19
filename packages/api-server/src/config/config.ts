import { z } from "zod";
import { ConfigError } from "./config-error.ts";
import { readYaml } from "./read-yaml.ts";

const absent = (value: unknown): unknown =>
  value === "" || value === "~" || value === "null" || value === null ? undefined : value;

/** Configuration scalars arrive as text (see `readYaml`); empty ones count as absent. */
const text = z.preprocess(absent, z.string().optional());
const integer = (min: number, max: number) =>
  z.preprocess(
    (value) => (typeof value === "string" && /^-?\d+$/.test(value.trim()) ? Number(value) : absent(value)),
    z
      .number({ error: `expected a whole number from ${min} to ${max}` })
      .int()
      .min(min)
      .max(max)
      .optional(),
  );
const boolean = z.preprocess(
  (value) => (value === "true" ? true : value === "false" ? false : absent(value)),
  z.boolean({ error: "expected true or false" }).optional(),
);
const section = <T extends z.ZodRawShape>(shape: T) =>
  z.preprocess((value) => absent(value) ?? {}, z.object(shape, { error: "expected a block of keys" }));
const list = z.preprocess(
  (value) =>
    typeof value === "string" ? (absent(value) === undefined ? undefined : value.split(",")) : absent(value),
  z.array(z.string()).optional(),
);

const remoteKeys = { address: text, tokenFilePath: text, caCertPath: text, serverName: text };
const remote = section(remoteKeys);

/** A block whose keys are known to the service it is for: scalars stay text, except true and false. */
const open = z.record(
  z.string(),
  z.preprocess(
    (value) => (value === "true" ? true : value === "false" ? false : value),
    z.union([z.string(), z.boolean(), z.array(z.string())], { error: "expected a scalar or a list of text" }),
  ),
  { error: "expected a block of keys" },
);
const blocks = <T extends z.ZodType>(of: T) => z.array(of, { error: "expected a list of blocks" }).optional();

const onboardRule = section({
  /** Provider name, e.g. `idp.k8shell.io/github`; `*` and `?` are wildcards. */
  idp: z.string({ error: "expected the name of a provider" }).min(1),
  usernamePattern: text,
  org: text,
  action: z.enum(["allow", "reject", "waitlist"], { error: "expected allow, reject or waitlist" }),
  priority: integer(-1_000_000, 1_000_000),
  roles: list,
});

/** The configuration file (rest-contract section 5). Unknown keys are ignored; what is absent has the default. */
const configSchema = section({
  http: section({
    port: integer(0, 65_535),
    /** Address to listen on. */
    bind: text,
    /** Address of this server as users see it, e.g. `https://k8shell.example.org`. */
    publicUrl: text,
    /** Further origins whose pages may use the session cookie. */
    publicOrigins: list,
    /** Further host names to answer to, e.g. `k8shell.internal` or `*.example.org`; `*` for any. */
    hosts: list,
    /** Seconds that running requests get when the server stops. */
    shutdownGraceSeconds: integer(0, 3600),
    /** Seconds between readiness going off and connections being refused, for load balancers to notice. */
    drainDelaySeconds: integer(0, 3600),
    cookie: section({
      name: text,
      secure: boolean,
      httpOnly: boolean,
      sameSite: z.preprocess(
        (value) =>
          typeof value === "string" && value !== ""
            ? value.charAt(0).toUpperCase() + value.slice(1).toLowerCase()
            : absent(value),
        z.enum(["Strict", "Lax", "None"], { error: "expected Strict, Lax or None" }).optional(),
      ),
      maxAgeSeconds: integer(1, 10 * 365 * 86_400),
      path: text,
      domain: text,
    }),
    logging: section({ enabled: boolean, requestHeaders: boolean, responseHeaders: boolean }),
  }),
  session: remote,
  identity: section({
    ...remoteKeys,
    /** Further sign-in providers of the embedded Identity. */
    providers: blocks(open),
    /** Who may join through a provider, made when no such rule exists. */
    onboardRules: blocks(onboardRule),
  }),
  provisioner: remote,
  authz: remote,
  k8shelld: section({ tokenFilePath: text, caCertPath: text }),
  webSession: section({
    idleSeconds: integer(60, 10 * 365 * 86_400),
    absoluteSeconds: integer(60, 10 * 365 * 86_400),
  }),
  jwtVerifier: section({
    signingMethod: text,
    publicKey: text,
    publicKeyFile: text,
    privateKey: text,
    privateKeyFile: text,
    issuer: text,
    audience: text,
  }),
  nats: section({ enabled: boolean, url: text }),
  internal: section({ allowedPodCIDRs: list }),
  provisionBucketTtlSeconds: integer(60, 365 * 86_400),
});

export type Config = z.output<typeof configSchema>;

/** Where a service is, when it is not embedded. */
export type RemoteService = Config["session"];

/** A rule that lets people of a provider in. */
export type OnboardRuleConfig = NonNullable<Config["identity"]["onboardRules"]>[number];

/** The configuration without a file. */
export const defaultConfig = (): Config => configSchema.parse({});

const expected = (issue: z.core.$ZodIssue): string => issue.message.replace(/^Invalid input: /, "");

/**
 * Reads and checks a configuration file.
 * @throws ConfigError
 */
export const loadConfig = (file: string, env: Readonly<Record<string, string | undefined>>): Config => {
  const result = configSchema.safeParse(readYaml(file, env));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const key = issue?.path.join(".") ?? "";
  throw new ConfigError(
    `${file}: ${key === "" ? "the document" : key}: ${issue ? expected(issue) : "is not valid"}`,
  );
};
