import { useQuery } from "@tanstack/react-query";
import { profileQuery } from "../app/queries.ts";
import { k8shell } from "../app/server.ts";
import { useMay } from "../app/use-may.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { Tags } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { changedFields } from "../ui/changed-fields.ts";
import { Facts } from "../ui/facts.tsx";
import { TextField } from "../ui/field.tsx";
import { FormProblem, textOf, useForm } from "../ui/form.tsx";
import { Card, Failure, Loading } from "../ui/page.tsx";
import { SectionHead } from "../ui/section.tsx";
import { useToasts } from "../ui/toast.tsx";
import { useRefresh } from "../ui/use-refresh.ts";

/** Who one is here. */
export const ProfilePage = () => {
  const { t, date } = useI18n();
  const toasts = useToasts();
  const refresh = useRefresh(profileQuery.queryKey);
  const { data: profile, error, refetch } = useQuery(profileQuery);
  const write = useMay()("user:write:profile");
  const { busy, problem, onSubmit } = useForm(async (form, element) => {
    const wanted = {
      fullname: textOf(form, "fullname") ?? "",
      email: textOf(form, "email") ?? "",
      shell: textOf(form, "shell") ?? profile?.shell ?? "",
    };
    const body = changedFields(wanted, profile ?? {});
    if (Object.keys(body).length > 0) await k8shell.api.updateMyProfile({ body });
    await refresh();
    // Fields that were typed in would not show what they are now.
    element.reset();
    toasts.say(t("account.profile.saved"));
  });
  return (
    <>
      <SectionHead title={t("account.profile")} lead={t("account.profile.lead")} />
      {error ? <Failure error={error} onRetry={() => void refetch()} /> : null}
      {profile ? (
        <>
          <form className="grid max-w-xl gap-4" onSubmit={onSubmit}>
            <TextField
              name="fullname"
              label={t("account.profile.fullname")}
              defaultValue={profile.fullname}
              autoComplete="name"
              maxLength={256}
              readOnly={!write.allowed}
            />
            <TextField
              name="email"
              type="email"
              label={t("account.profile.email")}
              hint={t("account.profile.email.hint")}
              defaultValue={profile.email}
              autoComplete="email"
              maxLength={256}
              readOnly={!write.allowed}
            />
            <TextField
              name="shell"
              label={t("account.profile.shell")}
              hint={t("account.profile.shell.hint")}
              defaultValue={profile.shell}
              maxLength={256}
              readOnly={!write.allowed}
            />
            <FormProblem problem={problem} />
            <div>
              <Button tone="primary" type="submit" disabled={busy} refusal={write.refusal}>
                {t("app.save")}
              </Button>
            </div>
          </form>
          <Card title={t("account.profile.facts")}>
            <Facts
              facts={[
                [t("account.profile.username"), profile.username],
                [t("account.profile.organization"), profile.organization],
                [
                  t("account.profile.source"),
                  profile.source === "local" ? t("account.profile.local") : profile.source,
                ],
                [t("account.profile.roles"), <Tags key="roles" values={profile.roles} />],
                [
                  t("account.profile.blueprints"),
                  profile.blueprints.includes("*") ? (
                    t("account.profile.blueprints.all")
                  ) : (
                    <Tags key="blueprints" values={profile.blueprints} />
                  ),
                ],
                [t("account.profile.sudo"), profile.sudo ? t("app.yes") : t("app.no")],
                [t("account.profile.ids"), `${profile.uid} / ${profile.gid}`],
                [t("account.profile.expires"), profile.expiresAt ? date(profile.expiresAt) : t("app.never")],
              ]}
            />
          </Card>
        </>
      ) : error ? null : (
        <Loading />
      )}
    </>
  );
};
