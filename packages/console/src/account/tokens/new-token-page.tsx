import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { k8shell } from "../../app/server.ts";
import { useMay } from "../../app/use-may.ts";
import { useI18n } from "../../i18n/i18n.tsx";
import { Button, buttonClass } from "../../ui/button.tsx";
import { TextField } from "../../ui/field.tsx";
import { FormProblem, textOf, useForm } from "../../ui/form.tsx";
import { Waiting } from "../../ui/page.tsx";
import { SectionHead } from "../../ui/section.tsx";
import { useRefresh } from "../../ui/use-refresh.ts";
import { scopeCatalogQuery, tokensQuery } from "../queries.ts";
import { expiryOf } from "./expiry.ts";
import { ExpiryFields } from "./expiry-fields.tsx";
import { presets } from "./presets.ts";
import { RightsFields } from "./rights-fields.tsx";
import { SecretOnce } from "./secret-once.tsx";
import { useTokenLimit } from "./use-token-limits.ts";
import { rightsProblem, scopesOf, type TokenRights } from "./workspace-limit.ts";

/** Makes a token and shows it once. */
export const NewTokenPage = () => {
  const { t } = useI18n();
  const create = useMay()("token:create");
  const limit = useTokenLimit();
  const { data: catalog, error, refetch } = useQuery(scopeCatalogQuery);
  const refresh = useRefresh(tokensQuery.queryKey);
  const [rights, setRights] = useState<TokenRights>({
    scopes: presets[0]?.scopes ?? [],
    workspaces: undefined,
  });
  const problemOfRights = catalog && rightsProblem(catalog, rights);
  const [made, setMade] = useState<string>();
  const { busy, problem, onSubmit } = useForm(async (form) => {
    if (!catalog) return;
    const { token } = await k8shell.api.createMyToken({
      body: {
        name: textOf(form, "name") ?? "",
        scopes: scopesOf(catalog, rights),
        expires_at: expiryOf(form, new Date()),
      },
    });
    setMade(token);
    await refresh();
  });
  const back = (
    <Link to="/account/tokens" className={buttonClass()}>
      {t(made === undefined ? "app.cancel" : "tokens.done")}
    </Link>
  );
  if (made !== undefined) {
    return (
      <>
        <SectionHead title={t("tokens.create")} />
        <SecretOnce title={t("tokens.made")} text={t("tokens.made.text")} secret={made} />
        <div>{back}</div>
      </>
    );
  }
  return (
    <>
      <SectionHead title={t("tokens.create")} lead={t("tokens.create.lead")} />
      <Waiting data={catalog} error={error} refetch={refetch} />
      {catalog ? (
        <form className="grid max-w-2xl gap-5" onSubmit={onSubmit}>
          <TextField
            name="name"
            label={t("tokens.name")}
            hint={t("tokens.name.hint")}
            maxLength={128}
            autoComplete="off"
            required
          />
          <ExpiryFields limit={limit} />
          <RightsFields catalog={catalog} rights={rights} problem={problemOfRights} onChange={setRights} />
          <FormProblem problem={problem} />
          <div className="flex gap-2">
            <Button
              tone="primary"
              type="submit"
              disabled={busy}
              refusal={create.refusal ?? (problemOfRights ? t(problemOfRights) : undefined)}
            >
              {t("tokens.create")}
            </Button>
            {back}
          </div>
        </form>
      ) : null}
    </>
  );
};
