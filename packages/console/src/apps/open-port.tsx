import { useQuery } from "@tanstack/react-query";
import { ExternalLink } from "lucide-react";
import { useI18n } from "../i18n/i18n.tsx";
import { Button, buttonClass } from "../ui/button.tsx";
import { CopyButton } from "../ui/copy-button.tsx";
import { portQuery } from "./queries.ts";

/** Opens what listens on a port, in a window of its own; its address can be copied. */
export const OpenPort = ({
  name,
  port,
  refusal,
}: {
  name: string;
  port: number;
  refusal: string | undefined;
}) => {
  const { t, explain } = useI18n();
  const { data, error } = useQuery({ ...portQuery(name, port), enabled: refusal === undefined });
  const problem = refusal ?? (error ? explain(error) : undefined);
  if (!data) {
    return (
      <Button tone="primary" refusal={problem} disabled={problem === undefined}>
        <ExternalLink size={16} aria-hidden />
        {t("apps.open")}
      </Button>
    );
  }
  return (
    <span className="inline-flex">
      <a
        href={data.url}
        target="_blank"
        rel="noopener"
        className={buttonClass("primary")}
        aria-label={t("apps.open.port", { port })}
      >
        <ExternalLink size={16} aria-hidden />
        {t("apps.open")}
      </a>
      <CopyButton text={data.url} name={t("apps.copyAddress")} />
    </span>
  );
};
