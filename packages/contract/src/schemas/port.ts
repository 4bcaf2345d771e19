import { z } from "zod";
import { name, opt, time } from "./common.ts";

/** A TCP port of a workspace. */
export const portNumber = z.coerce.number().int().min(1).max(65_535);

export const portParams = z.object({ name, port: portNumber });

const share = z
  .enum(["owner", "organization", "authenticated", "public"])
  .describe(
    "Who may use the port beside the workspace's owner: nobody, the owner's organization, everybody who is signed in, or everybody.",
  );

/** `https://host[:port]`, as browsers write an origin. */
const origin = z
  .string()
  .max(300)
  .regex(/^https?:\/\/[a-z0-9.-]+(?::\d{1,5})?$/, "must be an origin like https://app.example.org");

const link = z.object({
  id: z.string(),
  createdAt: time,
  expiresAt: time,
  createdBy: z.string(),
});

/** A port of a workspace and who may use it. */
export const workspacePort = z
  .object({
    port: z.int(),
    url: z.string().describe("Address for browsers."),
    share,
    cors: z.array(z.string()).describe("Origins whose pages may read the app with the browser's cookie."),
    links: z.array(link).describe("Links that are still valid."),
  })
  .meta({ id: "WorkspacePort", description: "A port of a workspace and who may use it." });

export const setPortRequest = z
  .object({ share, cors: opt(z.array(origin).max(20)) })
  .meta({ id: "SetPortRequest", description: "Who may use a port. Without `cors` the list stays as it is." });

const maxLinkSeconds = 30 * 86_400;

export const createPortLinkRequest = z
  .object({
    expires_in: opt(z.int().min(60).max(maxLinkSeconds)).describe(
      "Seconds the link is valid: 60 to 2592000 (30 days); default 86400.",
    ),
    next: opt(z.string().max(2048)).describe("Path to open; default `/`."),
  })
  .meta({ id: "CreatePortLinkRequest", description: "A link for somebody without an account." });

export const portLink = z
  .object({
    id: z.string(),
    url: z.string().describe("Open it in a browser. It is shown once."),
    token: z.string().describe("For programs: `K8shell-Authorization: Bearer <token>`. It is shown once."),
    expiresAt: time,
  })
  .meta({ id: "PortLink", description: "A new link." });
