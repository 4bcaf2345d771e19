import { z } from "zod";
import { count, timeOrNull } from "./common.ts";

const strings = z.record(z.string(), z.string());

/** rest-contract 2.13. */
export const auditRecord = z
  .object({
    id: count,
    reqId: z.string(),
    occurredAt: timeOrNull,
    package: z.string(),
    action: z.string(),
    scope: z.string().optional(),
    username: z.string(),
    roles: z.array(z.string()),
    org: z.string(),
    patPreview: z.string().optional(),
    resourceType: z.string(),
    resourceId: z.string(),
    resourceOwner: z.string().optional(),
    resourceAttributes: strings.optional(),
    context: strings.optional(),
    allowed: z.boolean(),
    obligations: strings.optional(),
    error: z.string().optional(),
    durationUs: count,
    dupCount: z.int(),
    lastOccurredAt: timeOrNull,
  })
  .meta({ id: "AuditRecord", description: "One policy decision." });

const scopeEntry = z
  .object({
    scope: z.string(),
    label: z.string(),
    description: z.string().optional(),
    wildcard: z.boolean(),
    constraints: z.array(z.literal("self")).readonly().optional(),
    perWorkspace: z
      .literal(true)
      .optional()
      .describe(
        "`@` and the name of a workspace may be added, after a `:self`: it holds for that workspace only.",
      ),
  })
  .meta({ id: "ScopeEntry", description: "A scope that a token may be given." });

/** rest-contract 2.13. */
export const scopeCatalogDocument = z
  .object({
    global: scopeEntry,
    domains: z.array(
      z.object({
        domain: z.string(),
        label: z.string(),
        description: z.string().optional(),
        wildcard: scopeEntry.optional(),
        actions: z.array(z.object({ action: z.string(), label: z.string(), entries: z.array(scopeEntry) })),
      }),
    ),
  })
  .meta({ id: "ScopeCatalog", description: "All scopes, grouped." });

export type AuditRecordJson = z.output<typeof auditRecord>;
