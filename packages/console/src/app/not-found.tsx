import { Link } from "@tanstack/react-router";
import { useI18n } from "../i18n/i18n.tsx";
import { buttonClass } from "../ui/button.tsx";
import { Empty } from "../ui/page.tsx";

/** What a page shows when there is nothing at its address, and the way on from there. */
export const NothingHere = ({ title, text }: { title: string; text: string }) => {
  const { t } = useI18n();
  return (
    <div className="p-6">
      <Empty title={title}>
        <p>{text}</p>
        <Link to="/" className={buttonClass()}>
          {t("app.workspaces")}
        </Link>
      </Empty>
    </div>
  );
};

export const NotFound = () => {
  const { t } = useI18n();
  return <NothingHere title={t("app.notFound")} text={t("app.notFound.text")} />;
};
