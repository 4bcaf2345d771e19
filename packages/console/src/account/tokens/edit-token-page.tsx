import type { AccessToken, ScopeCatalog } from "@k8shell/sdk";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { NotFound } from "../../app/not-found.tsx";
import { k8shell } from "../../app/server.ts";
import { useMay } from "../../app/use-may.ts";
import { useI18n } from "../../i18n/i18n.tsx";
import { Button, buttonClass } from "../../ui/button.tsx";
import { Checkbox } from "../../ui/field.tsx";
import { FormProblem, useForm } from "../../ui/form.tsx";
import { Failure, Loading } from "../../ui/page.tsx";
import { SectionHead } from "../../ui/section.tsx";
import { useToasts } from "../../ui/toast.tsx";
import { useRefresh } from "../../ui/use-refresh.ts";
import { scopeCatalogQuery, tokensQuery } from "../queries.ts";
import { RightsFields } from "./rights-fields.tsx";
import { rightsOf, rightsProblem, scopesOf } from "./workspace-limit.ts";

const EditForm = ({ token, catalog }: { token: AccessToken; catalog: ScopeCatalog }) => {
  const { t } = useI18n();
  const toasts = useToasts();
  const navigate = useNavigate();
  const write = useMay()("token:write");
  const refresh = useRefresh(tokensQuery.queryKey);
  const [first] = useState(() => rightsOf(catalog, token.scopes));
  const [rights, setRights] = useState(first);
  const problemOfRights = rightsProblem(catalog, rights);
  const { busy, problem, onSubmit } = useForm(async (form) => {
    const active = form.get("active") === "on";
    // What nobody changed here is not sent: it may have been switched off elsewhere meanwhile.
    const body = {
      ...(active === token.isActive ? {} : { active }),
      ...(rights === first ? {} : { scopes: scopesOf(catalog, rights) }),
    };
    if (Object.keys(body).length > 0) await k8shell.api.updateMyToken({ id: token.id, body });
    await refresh();
    toasts.say(t("tokens.saved", { name: token.name }));
    await navigate({ to: "/account/tokens" });
  });
  return (
    <form className="grid max-w-2xl gap-5" onSubmit={onSubmit}>
      <Checkbox
        name="active"
        label={t("tokens.active")}
        hint={t("tokens.active.hint")}
        defaultChecked={token.isActive}
      />
      <RightsFields catalog={catalog} rights={rights} problem={problemOfRights} onChange={setRights} />
      <FormProblem problem={problem} />
      <div className="flex gap-2">
        <Button
          tone="primary"
          type="submit"
          disabled={busy}
          refusal={write.refusal ?? (problemOfRights ? t(problemOfRights) : undefined)}
        >
          {t("app.save")}
        </Button>
        <Link to="/account/tokens" className={buttonClass()}>
          {t("app.cancel")}
        </Link>
      </div>
    </form>
  );
};

const route = getRouteApi("/signed-in/account/tokens/$id");

/** Changes what a token may do, or switches it off. */
export const EditTokenPage = () => {
  const { t } = useI18n();
  const { id } = route.useParams();
  const { data: tokens, error, refetch } = useQuery(tokensQuery);
  const { data: catalog } = useQuery(scopeCatalogQuery);
  const token = tokens?.find((candidate) => String(candidate.id) === id);
  if (error) return <Failure error={error} onRetry={() => void refetch()} />;
  if (!tokens || !catalog) return <Loading />;
  if (!token) return <NotFound />;
  return (
    <>
      <SectionHead title={t("tokens.edit.title", { name: token.name })} lead={t("tokens.edit.lead")} />
      <EditForm token={token} catalog={catalog} />
    </>
  );
};
