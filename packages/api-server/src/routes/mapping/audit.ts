import type { AuditRecordJson } from "@k8shell/contract";
import type { AuditRecord } from "@k8shell/contract/gen/authz/v1/authz_pb.js";
import { timeOrNull, toNumber, unlessEmpty } from "./values.ts";

type Strings = Readonly<Record<string, string>>;

const unlessNone = <const K extends string>(key: K, value: Strings): { [P in K]?: Strings } =>
  Object.keys(value).length === 0 ? {} : ({ [key]: value } as { [P in K]?: Strings });

/** rest-contract 2.13. */
export const auditJson = (record: AuditRecord): AuditRecordJson => ({
  id: toNumber(record.id),
  reqId: record.reqId,
  occurredAt: timeOrNull(record.occurredAt),
  package: record.package,
  action: record.action,
  ...unlessEmpty("scope", record.scope),
  username: record.username,
  roles: record.roles,
  org: record.org,
  ...unlessEmpty("patPreview", record.patPreview),
  resourceType: record.resourceType,
  resourceId: record.resourceId,
  ...unlessEmpty("resourceOwner", record.resourceOwner),
  ...unlessNone("resourceAttributes", record.resourceAttributes),
  ...unlessNone("context", record.context),
  allowed: record.allowed,
  ...unlessNone("obligations", record.obligations),
  ...unlessEmpty("error", record.error),
  durationUs: toNumber(record.durationUs),
  dupCount: record.dupCount,
  lastOccurredAt: timeOrNull(record.lastOccurredAt),
});
