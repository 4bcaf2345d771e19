import { useI18n } from "../i18n/i18n.tsx";
import { FilterBar, FilterSelect } from "../ui/filter-bar.tsx";
import type { useOrganization } from "./use-organization.ts";

/** Chooses the organization that a page is about; nothing when there is only one. */
export const OrganizationSelect = ({
  organization,
  organizations,
  choose,
}: ReturnType<typeof useOrganization>) => {
  const { t } = useI18n();
  if (organizations.length < 2) return null;
  return (
    <FilterBar label={t("admin.organization")}>
      <FilterSelect
        label={t("admin.organization")}
        value={organization}
        onChange={({ target }) => choose(target.value)}
      >
        {organizations.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </FilterSelect>
    </FilterBar>
  );
};
