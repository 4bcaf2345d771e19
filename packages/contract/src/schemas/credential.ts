import { z } from "zod";
import { opt, serviceName, timeOrNull, uint32 } from "./common.ts";

/** rest-contract 2.5. Lists never contain `secret`. */
export const userCredential = z
  .object({
    id: uint32,
    username: z.string(),
    serviceName: z.string().describe("`git`, `registry` or `kubernetes`."),
    serviceScope: z.string().describe("What it is for: a host address, a registry, a namespace."),
    credentialSource: z.string().describe("`stored`, `kubernetes` or the name of an identity provider."),
    subject: z.string().describe("Login or service account name."),
    secret: z.string().optional(),
    isActive: z.boolean(),
    createdAt: timeOrNull,
    updatedAt: timeOrNull,
    expiresAt: timeOrNull,
    lastUsedAt: timeOrNull,
  })
  .meta({ id: "UserCredential", description: "A credential that workspaces of the user may use." });

const scope = z.string().trim().min(1).max(1024);
const subject = z.string().trim().min(1).max(1024);
const secret = z.string().min(1).max(65_536);

export const userKubernetesCredentialRequest = z
  .object({ scope, subject })
  .meta({ id: "UserKubernetesCredentialRequest", description: "A service account in a namespace." });

export const userGitCredentialRequest = z
  .object({ scope, subject, secret })
  .meta({ id: "UserGitCredentialRequest", description: "A login at a git host." });

export const userRegistryCredentialRequest = z
  .object({ scope, subject, secret })
  .meta({ id: "UserRegistryCredentialRequest", description: "A login at a container registry." });

export const userCredentialUpdateRequest = z
  .object({ scope: opt(scope), subject: opt(subject), secret: opt(secret), active: opt(z.boolean()) })
  .meta({ id: "UserCredentialUpdateRequest", description: "Changes to a credential." });

/** `?id=` of the credential lists. */
export const credentialIdQuery = z.object({ id: z.coerce.number().int().min(0).max(0xffff_ffff).optional() });

/** `?id=` where it must be there. */
export const credentialIdRequired = z.object({ id: z.coerce.number().int().min(1).max(0xffff_ffff) });

export const credentialNameParams = z.object({ name: serviceName });

/** The id of a credential where other requests of that path have its kind. */
export const credentialIdParams = z.object({ name: z.coerce.number().int().min(1).max(0xffff_ffff) });

export type UserCredentialJson = z.output<typeof userCredential>;
