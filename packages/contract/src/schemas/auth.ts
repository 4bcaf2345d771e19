import { z } from "zod";
import { flag } from "./common.ts";

/** rest-contract 2.8. */
export const provider = z.object({ name: z.string(), capabilities: z.array(z.string()) }).meta({
  id: "Provider",
  description: "An identity provider. `OnboardUserWebFlow` among its capabilities: browsers can sign in.",
});

export const onboardUserWebFlow = z
  .object({ provider: z.string(), authorizationUrl: z.string(), state: z.string(), expiresIn: z.int() })
  .meta({ id: "OnboardUserWebFlow", description: "A sign-in that has begun." });

export const completeUserWebFlow = z
  .object({
    code: z.string().min(1).max(8192),
    state: z.string().min(1).max(8192),
    redirect: z.string().max(2048).optional().describe("Where to go afterwards: a path on this server."),
  })
  .meta({ id: "CompleteUserWebFlow", description: "What the identity provider sent the browser back with." });

export const onboardCapability = z
  .object({ provider: z.string(), username: z.string(), canOnboard: z.boolean() })
  .meta({ id: "OnboardCapability", description: "Whether a user can be taken on by a provider." });

export const callbackResult = z
  .object({ username: z.string(), redirect: z.string(), newUser: z.boolean() })
  .meta({
    id: "CallbackResult",
    description: "A completed sign-in. The session cookie is set by the same response.",
  });

/** Query of `GET /auth/login`. */
export const loginQuery = z.object({
  provider: z.string().min(1).max(256).describe("Full name, e.g. `idp.k8shell.io/github`."),
  redirect_uri: z
    .string()
    .max(2048)
    .optional()
    .describe("Absolute URL of this platform's `/auth/callback`, which is also the default."),
  createPAT: flag.optional().describe("Make an access token for a command-line client, which polls for it."),
  state: z.string().max(256).optional().describe("The command-line client's own secret."),
});

/**
 * Query of the callback. All optional: providers report failures as `error`, and code and state may come in the body.
 */
export const callbackQuery = z.object({
  code: z.string().max(8192).optional(),
  state: z.string().max(8192).optional(),
  redirect: z.string().max(2048).optional(),
  provider: z.string().max(256).optional(),
  error: z.string().max(1024).optional(),
  error_description: z.string().max(2048).optional(),
});

export const callbackBody = z.object({
  code: z.string().max(8192).optional(),
  state: z.string().max(8192).optional(),
  redirect: z.string().max(2048).optional(),
});

export const tokenPollQuery = z.object({ state: z.string().min(1).max(256) });

export const pendingLogin = z
  .object({ status: z.literal("pending") })
  .meta({ id: "PendingLogin", description: "The person has not signed in yet: ask again." });
