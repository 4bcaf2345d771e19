import { useQuery } from "@tanstack/react-query";
import { useI18n } from "../../i18n/i18n.tsx";
import { userWorkspacesQuery } from "../queries.ts";

/** Asks what is to become of the workspaces of a user: the field `fate`, `delete` or `keep`. */
export const WorkspacesFate = ({ username }: { username: string }) => {
  const { t, list } = useI18n();
  const { data: workspaces } = useQuery(userWorkspacesQuery(username));
  const names = workspaces?.map(({ name }) => name) ?? [];
  return (
    <fieldset className="grid gap-2 text-sm">
      <legend className="pb-1 font-medium">{t("admin.fate", { count: names.length })}</legend>
      {names.length > 0 ? (
        <p className="text-quiet">
          {list(
            names.length > 6
              ? [...names.slice(0, 5), t("admin.fate.more", { count: names.length - 5 })]
              : names,
          )}
        </p>
      ) : null}
      {(["delete", "keep"] as const).map((fate) => (
        <label key={fate} className="flex items-start gap-2">
          <input
            type="radio"
            name="fate"
            value={fate}
            defaultChecked={fate === "delete"}
            className="mt-0.5 accent-(--accent)"
          />
          {t(`admin.fate.${fate}`)}
        </label>
      ))}
    </fieldset>
  );
};
