import { z } from "zod";
import { time } from "./common.ts";

const backend = z
  .object({
    status: z.enum(["ok", "down", "disabled"]),
    mode: z.string().optional().describe("`embedded` or `remote`."),
    detail: z.string().optional(),
  })
  .meta({ id: "BackendHealth", description: "A service behind the gateway." });

/** rest-contract 1.1, row 1 (shape of our own). */
export const health = z
  .object({
    status: z.enum(["ok", "degraded"]),
    version: z.string(),
    time,
    uptimeSeconds: z.number(),
    backends: z.record(z.string(), backend),
    isolation: z
      .object({ mode: z.string(), detail: z.string() })
      .optional()
      .describe("How workspaces on this machine are kept apart."),
  })
  .meta({ id: "Health", description: "The server and the services behind it." });

/** Answer of the probes. */
export const probe = z
  .object({ status: z.string() })
  .meta({ id: "Probe", description: "Answer of a liveness or readiness probe." });

export type HealthJson = z.output<typeof health>;
