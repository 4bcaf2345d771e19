import type { IdentityService } from "@k8shell/contract/gen/identity/v1/identity_pb.js";
import { Code, RpcError, type ServiceImpl } from "@k8shell/rpc";
import type { Directory } from "./directory.ts";
import { normalizeUsername, parseUsername } from "./names.ts";
import type { Onboarding } from "./onboarding.ts";
import type { ExternalProvider } from "./providers/provider.ts";
import type { Providers } from "./providers/providers.ts";
import type { SecretBox } from "./secrets.ts";
import type { IdentityDatabase } from "./store.ts";

const maxPending = 10_000;

type DeviceFlowRpcs = Pick<
  ServiceImpl<typeof IdentityService>,
  "onboardUserDeviceFlow" | "completeUserDeviceFlow" | "getUserOnboardCapability"
>;

interface DeviceFlowDeps {
  db: IdentityDatabase;
  box: SecretBox;
  directory: Directory;
  providers: Providers;
  onboarding: Onboarding;
  now: () => number;
}

/**
 * Sign-in without a browser on this side (grpc-behaviour section 6 "Login flows"): the person types a code at the
 * provider. One flow per provider and name; completing waits for the person.
 */
export const createDeviceFlows = (deps: DeviceFlowDeps): DeviceFlowRpcs => {
  const { db, box, directory, providers, onboarding, now } = deps;
  const context = (provider: string, username: string) => `device_flows:${provider}:${username}:secret`;

  const withDeviceFlow = (name: string): ExternalProvider => {
    const provider = providers.require(name);
    if (provider.kind !== "external" || !provider.capabilities.includes("OnboardUserDeviceFlow"))
      throw new RpcError(Code.Unimplemented, "the provider has no device sign-in");
    return provider;
  };

  return {
    async onboardUserDeviceFlow(request) {
      const provider = withDeviceFlow(request.provider);
      const username = parseUsername(request.username);
      await db.deleteFrom("device_flows").where("expires_at", "<=", now()).execute();
      const { flows } = await db
        .selectFrom("device_flows")
        .select((eb) => eb.fn.countAll<number>().as("flows"))
        .executeTakeFirstOrThrow();
      if (Number(flows) >= maxPending)
        throw new RpcError(Code.ResourceExhausted, "too many sign-ins are pending");
      const begun = await providers.ask(() => provider.beginDeviceFlow());
      const values = {
        secret: box.seal(begun.secret, context(provider.name, username)),
        expires_at: now() + begun.expiresIn * 1000,
      };
      await db
        .insertInto("device_flows")
        .values({ provider: provider.name, username, ...values })
        .onConflict((conflict) => conflict.columns(["provider", "username"]).doUpdateSet(values))
        .execute();
      return {
        provider: provider.name,
        username,
        userCode: begun.userCode,
        verificationUrl: begun.verificationUrl,
        expiresIn: begun.expiresIn,
      };
    },
    async completeUserDeviceFlow(request, { signal }) {
      const provider = withDeviceFlow(request.provider);
      const username = normalizeUsername(request.username);
      const flow = await db
        .selectFrom("device_flows")
        .selectAll()
        .where("provider", "=", provider.name)
        .where("username", "=", username)
        .executeTakeFirst();
      if (!flow || flow.expires_at <= now())
        throw new RpcError(Code.InvalidArgument, "no device sign-in is pending for this user");
      const profile = await providers.ask(() =>
        provider.completeDeviceFlow({
          secret: box.open(flow.secret, context(provider.name, username)),
          signal,
        }),
      );
      await db
        .deleteFrom("device_flows")
        .where("provider", "=", provider.name)
        .where("username", "=", username)
        .execute();
      // The person at the provider must be who the caller said they were.
      if ((await onboarding.nameOf(provider, profile)) !== username)
        throw new RpcError(Code.PermissionDenied, "somebody else answered the device sign-in");
      await onboarding.admit(provider, profile);
      return {};
    },
    async getUserOnboardCapability({ username: name }) {
      const username = normalizeUsername(name);
      const known = await directory.get(username);
      if (known) return { provider: known.source, username, canOnboard: false };
      for (const provider of providers.all) {
        if (!provider.capabilities.includes("OnboardUserDeviceFlow")) continue;
        if (await onboarding.wouldAdmit(provider.name, username))
          return { provider: provider.name, username, canOnboard: true };
      }
      return { username, canOnboard: false };
    },
  };
};
