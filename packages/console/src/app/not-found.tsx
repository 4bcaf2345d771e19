import { Link } from "@tanstack/react-router";
import { useI18n } from "../i18n/i18n.tsx";
import { buttonClass } from "../ui/button.tsx";
import { Empty } from "../ui/page.tsx";

export const NotFound = () => {
  const { t } = useI18n();
  return (
    <div className="p-6">
      <Empty title={t("app.notFound")}>
        <p>{t("app.notFound.text")}</p>
        <Link to="/" className={buttonClass()}>
          {t("app.workspaces")}
        </Link>
      </Empty>
    </div>
  );
};
