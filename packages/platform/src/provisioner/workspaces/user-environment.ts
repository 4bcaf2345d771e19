import type { IdentityService } from "@k8shell/contract/gen/identity/v1/identity_pb.js";
import type { EnvVar } from "@k8shell/contract/gen/identity/v1/types_pb.js";
import { type Client, Code, RpcError } from "@k8shell/rpc";

type Identity = Client<typeof IdentityService>;

/** Identity services without environment variables, or that know nothing of the organization, have none. */
const orNone = async <T>(call: Promise<T>, none: T): Promise<T> => {
  try {
    return await call;
  } catch (error) {
    if (error instanceof RpcError && (error.code === Code.Unimplemented || error.code === Code.NotFound))
      return none;
    throw error;
  }
};

const valuesOf = async (
  variables: readonly EnvVar[],
  get: (key: string) => Promise<EnvVar>,
): Promise<Array<[string, string]>> => {
  const values: Array<[string, string]> = [];
  for (const variable of variables) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(variable.key)) continue;
    // A list may leave out the values of secrets.
    const hidden = variable.redacted || (variable.isSecret && variable.value === "");
    const found = hidden ? await orNone<EnvVar | undefined>(get(variable.key), undefined) : variable;
    if (found && !found.redacted) values.push([variable.key, found.value]);
  }
  return values;
};

/** The variables set for a user: their organization's, then their own over them. */
export const userEnvironment = async (
  identity: Identity,
  username: string,
  org: string,
): Promise<Readonly<Record<string, string>>> => {
  const none: { envVars: EnvVar[] } = { envVars: [] };
  const [shared, own] = await Promise.all([
    org === "" ? none : orNone(identity.listOrganizationEnvVars({ org }), none),
    orNone(identity.listUserEnvVars({ username }), none),
  ]);
  return Object.fromEntries([
    ...(await valuesOf(shared.envVars, (key) => identity.getOrganizationEnvVar({ org, key }))),
    ...(await valuesOf(own.envVars, (key) => identity.getUserEnvVar({ username, key }))),
  ]);
};
