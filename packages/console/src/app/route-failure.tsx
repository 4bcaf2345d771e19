import { useRouter } from "@tanstack/react-router";
import { useI18n } from "../i18n/i18n.tsx";
import { Button } from "../ui/button.tsx";
import { Empty, Failure } from "../ui/page.tsx";
import { isMissingPart } from "./load-part.ts";

/** What is shown where a page could not be loaded. */
export const RouteFailure = ({ error }: { error: unknown }) => {
  const { t } = useI18n();
  const router = useRouter();
  return (
    <div className="p-6">
      {isMissingPart(error) ? (
        <Empty title={t("app.otherVersion")}>
          <p>{t("app.otherVersion.text")}</p>
          <Button tone="primary" onClick={() => location.reload()}>
            {t("app.reload")}
          </Button>
        </Empty>
      ) : (
        <Failure error={error} onRetry={() => void router.invalidate()} />
      )}
    </div>
  );
};
