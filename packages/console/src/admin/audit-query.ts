import type { QueryPayload } from "@k8shell/sdk";

export interface AuditFilter {
  readonly username: string;
  readonly action: string;
  readonly resource: string;
  readonly outcome: "" | "allowed" | "denied";
  /** Hours back from now; empty for all. */
  readonly hours: string;
}

export const noAuditFilter: AuditFilter = { username: "", action: "", resource: "", outcome: "", hours: "" };

type Conditions = NonNullable<NonNullable<QueryPayload["filters"]>["conditions"]>;

/** The query for a page of the audit log, the newest first. Filters are exact: the log is not searched by parts. */
export const auditQueryOf = (
  filter: AuditFilter,
  page: { readonly limit: number; readonly offset: number },
  now: Date,
): QueryPayload => {
  const conditions: Conditions = [];
  const equal = (field: string, value: string) => {
    if (value.trim() !== "") conditions.push({ field, op: "eq", value: value.trim() });
  };
  equal("username", filter.username.toLowerCase());
  equal("action", filter.action);
  equal("resourceId", filter.resource);
  if (filter.outcome !== "") equal("allowed", String(filter.outcome === "allowed"));
  if (filter.hours !== "") {
    const since = new Date(now.getTime() - Number(filter.hours) * 3_600_000);
    conditions.push({ field: "occurredAt", op: "gte", value: since.toISOString() });
  }
  return { ...(conditions.length > 0 ? { filters: { op: "and", conditions } } : {}), page };
};
