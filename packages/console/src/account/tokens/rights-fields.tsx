import type { ScopeCatalog } from "@k8shell/sdk";
import { useQuery } from "@tanstack/react-query";
import { useI18n } from "../../i18n/i18n.tsx";
import type { MessageKey } from "../../i18n/messages.ts";
import { Checkbox } from "../../ui/field.tsx";
import { Failure, Loading } from "../../ui/page.tsx";
import { workspacesQuery } from "../../workspaces/queries.ts";
import { ScopePicker } from "./scope-picker.tsx";
import { namesWorkspace, type TokenRights } from "./workspace-limit.ts";

/** Which workspaces a token is for, as tick boxes. */
const WorkspaceChoice = ({
  chosen,
  onChange,
}: {
  chosen: readonly string[];
  onChange(chosen: readonly string[]): void;
}) => {
  const { t } = useI18n();
  const { data, error, refetch } = useQuery(workspacesQuery);
  if (!data) return error ? <Failure error={error} onRetry={() => void refetch()} /> : <Loading />;
  // A workspace of the token that is gone, or not in sight, can still be taken off.
  const names = [...new Set([...data.map(({ name }) => name), ...chosen])].sort();
  if (names.length === 0) return <p className="text-sm text-quiet">{t("tokens.limit.empty")}</p>;
  return (
    <fieldset className="grid max-h-72 gap-2 overflow-y-auto rounded-xl border border-line p-3">
      <legend className="sr-only">{t("tokens.limit.which")}</legend>
      {names.map((name) => (
        <Checkbox
          key={name}
          label={<span className="wrap-anywhere">{name}</span>}
          checked={chosen.includes(name)}
          onChange={({ target }) =>
            onChange(target.checked ? [...chosen, name] : chosen.filter((other) => other !== name))
          }
        />
      ))}
    </fieldset>
  );
};

/** What a token may do, and in which workspaces. */
export const RightsFields = ({
  catalog,
  rights,
  problem,
  onChange,
}: {
  catalog: ScopeCatalog;
  rights: TokenRights;
  /** What is wrong with them. */
  problem: MessageKey | undefined;
  onChange(rights: TokenRights): void;
}) => {
  const { t } = useI18n();
  const { scopes, workspaces } = rights;
  return (
    <>
      <ScopePicker
        catalog={catalog}
        chosen={scopes}
        onChange={(changed) => onChange({ ...rights, scopes: changed })}
      />
      {scopes.some(namesWorkspace) ? null : (
        <div className="grid gap-3">
          <Checkbox
            label={t("tokens.limit")}
            hint={t("tokens.limit.hint")}
            checked={workspaces !== undefined}
            onChange={({ target }) => onChange({ ...rights, workspaces: target.checked ? [] : undefined })}
          />
          {workspaces === undefined ? null : (
            <WorkspaceChoice
              chosen={workspaces}
              onChange={(changed) => onChange({ ...rights, workspaces: changed })}
            />
          )}
          {workspaces !== undefined && problem !== undefined ? (
            <p role="status" className="text-sm text-warn">
              {t(problem)}
            </p>
          ) : null}
        </div>
      )}
    </>
  );
};
