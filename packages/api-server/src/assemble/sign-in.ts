import type { IdentityService } from "@k8shell/contract/gen/identity/v1/identity_pb.js";
import { FilterOp, Operator } from "@k8shell/contract/gen/query/v1/query_pb.js";
import type { ProviderConfig } from "@k8shell/platform/identity/index.ts";
import { type Client, RpcError } from "@k8shell/rpc";
import type { z } from "zod";
import type { Config, OnboardRuleConfig } from "../config/config.ts";
import { ConfigError } from "../config/config-error.ts";

/**
 * The providers of `identity.providers`, checked by the schema of the embedded Identity.
 * @throws ConfigError
 */
export const signInProviders = (
  { identity }: Config,
  schema: z.ZodType<unknown, ProviderConfig>,
): ProviderConfig[] =>
  (identity.providers ?? []).map((provider, index) => {
    const result = schema.safeParse(provider);
    if (result.success) return provider as ProviderConfig;
    const [issue] = result.error.issues;
    const key = ["identity.providers", index, ...(issue?.path ?? [])].join(".");
    throw new ConfigError(`${key}: ${issue?.message.replace(/^Invalid input: /, "") ?? "is not valid"}`);
  });

/**
 * Makes the rules of `identity.onboardRules` that do not exist yet. Rules made elsewhere are left alone.
 * @throws ConfigError when a rule names a role or an organization that does not exist
 */
export const ensureOnboardRules = async (
  identity: Client<typeof IdentityService>,
  rules: readonly OnboardRuleConfig[],
): Promise<void> => {
  for (const { idp, usernamePattern = "*", org = "default", action, priority = 100, roles = [] } of rules) {
    const same = { idp, usernamePattern, org };
    const known = await identity.queryOnboardRules({
      query: {
        filters: {
          op: FilterOp.AND,
          conditions: Object.entries(same).map(([field, value]) => ({
            field,
            op: Operator.EQ,
            values: [value],
          })),
        },
      },
    });
    if (known.rules.length > 0) continue;
    try {
      await identity.createOnboardRule({ ...same, action, priority, roles });
    } catch (cause) {
      if (!(cause instanceof RpcError)) throw cause;
      throw new ConfigError(
        `identity.onboardRules: the rule for ${idp} ${usernamePattern}: ${cause.message}`,
        { cause },
      );
    }
  }
};
