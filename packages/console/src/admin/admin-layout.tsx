import { Outlet } from "@tanstack/react-router";
import { useI18n } from "../i18n/i18n.tsx";
import { Section } from "../ui/section.tsx";
import { useAdminPages } from "./admin-pages.ts";

/** The frame of the administration's pages. */
export const AdminLayout = () => {
  const { t } = useI18n();
  const pages = useAdminPages();
  return (
    <Section title={t("admin.title")} pages={pages}>
      <Outlet />
    </Section>
  );
};
