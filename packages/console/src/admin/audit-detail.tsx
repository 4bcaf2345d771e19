import type { AuditRecord } from "@k8shell/sdk";
import { useI18n } from "../i18n/i18n.tsx";
import { Tags } from "../ui/badge.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Facts } from "../ui/facts.tsx";
import { AuditOutcome } from "./audit-outcome.tsx";

/** Names and values of a record's own fields, one for each line. */
const Pairs = ({ pairs }: { pairs: Readonly<Record<string, string>> | undefined }) => {
  const entries = Object.entries(pairs ?? {});
  if (entries.length === 0) return <>–</>;
  return (
    <ul>
      {entries.map(([name, value]) => (
        <li key={name} className="font-mono text-xs">
          {name} = {value}
        </li>
      ))}
    </ul>
  );
};

/** Everything that is known about one decision. */
export const AuditDetail = ({ record, onClose }: { record: AuditRecord; onClose(): void }) => {
  const { t, date, number } = useI18n();
  return (
    <Dialog open onOpenChange={onClose} title={record.action}>
      <Facts
        facts={[
          [t("admin.audit.outcome"), <AuditOutcome key="outcome" allowed={record.allowed} />],
          [t("admin.audit.when"), date(record.occurredAt)],
          ...(record.dupCount > 0
            ? [
                [
                  t("admin.audit.again"),
                  `${number(record.dupCount)} · ${date(record.lastOccurredAt)}`,
                ] as const,
              ]
            : []),
          [t("admin.audit.user"), record.username],
          [t("admin.organization"), record.org],
          [t("admin.roles"), <Tags key="roles" values={record.roles} />],
          [t("admin.audit.token"), record.patPreview ?? "–"],
          [t("admin.audit.scope"), record.scope ?? "–"],
          [t("admin.audit.resource"), `${record.resourceType} ${record.resourceId}`],
          [t("admin.audit.owner"), record.resourceOwner ?? "–"],
          [t("admin.audit.attributes"), <Pairs key="attributes" pairs={record.resourceAttributes} />],
          [t("admin.audit.context"), <Pairs key="context" pairs={record.context} />],
          [t("admin.audit.obligations"), <Pairs key="obligations" pairs={record.obligations} />],
          [t("admin.audit.error"), record.error ?? "–"],
          [t("admin.audit.duration"), `${number(record.durationUs)} µs`],
          [t("admin.audit.request"), <code key="request">{record.reqId}</code>],
        ]}
      />
    </Dialog>
  );
};
