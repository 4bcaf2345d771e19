import { useI18n } from "../i18n/i18n.tsx";
import { Badge } from "../ui/badge.tsx";

/** What policy decided. */
export const AuditOutcome = ({ allowed }: { allowed: boolean }) => {
  const { t } = useI18n();
  return (
    <Badge tone={allowed ? "good" : "danger"}>
      {t(allowed ? "admin.audit.allowed" : "admin.audit.denied")}
    </Badge>
  );
};
