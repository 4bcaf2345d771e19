import { z } from "zod";
import { isScope } from "../scopes/index.ts";
import { opt, time, timeOrNull } from "./common.ts";

/** rest-contract 2.7. */
export const userToken = z
  .object({
    provider: z.string(),
    address: z.string(),
    username: z.string(),
    token: z.string(),
    expiresAt: time.optional(),
  })
  .meta({ id: "UserToken", description: "A token to call the API with." });

export const accessToken = z
  .object({
    id: z.int(),
    username: z.string(),
    name: z.string(),
    scopes: z.array(z.string()),
    expiresAt: timeOrNull.describe("null: never."),
    createdAt: timeOrNull,
    lastUsedAt: timeOrNull,
    isActive: z.boolean(),
    tokenPreview: z.string().describe("The first characters of the token."),
  })
  .meta({ id: "AccessToken", description: "A personal access token, without the token itself." });

const scope = z
  .string()
  .max(400)
  .refine(isScope, { error: "is not a scope" })
  .describe(
    "See the scope catalogue, e.g. `workspace:*` or `session:list:self`; `workspace:*@alice-59936c3` for one workspace.",
  );

export const accessTokenCreateRequest = z
  .object({
    name: z.string().trim().min(1).max(128),
    scopes: z.array(scope).min(1).max(100),
    expires_at: opt(time).describe("Left out: never, or as long as policy allows."),
    renew: opt(z.boolean()).describe(
      "When a token of this name exists, give it a new secret instead of failing.",
    ),
    active: opt(z.boolean()),
  })
  .meta({ id: "AccessTokenCreateRequest", description: "A new personal access token." });

export const accessTokenCreated = z
  .object({ id: z.int(), token: z.string().describe("Shown this once.") })
  .meta({ id: "AccessTokenCreated", description: "The new token." });

export const accessTokenUpdateRequest = z
  .object({
    active: opt(z.boolean()),
    scopes: opt(z.array(scope).max(100)).describe("Replaces the scopes."),
  })
  .meta({ id: "AccessTokenUpdateRequest", description: "Changes to a personal access token." });

export const tokenIdParams = z.object({ id: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER) });

export type UserTokenJson = z.output<typeof userToken>;
export type AccessTokenJson = z.output<typeof accessToken>;
