import type { UserProfile } from "@k8shell/sdk";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { ArrowLeft } from "lucide-react";
import { useMay } from "../../app/use-may.ts";
import { useI18n } from "../../i18n/i18n.tsx";
import { Tags } from "../../ui/badge.tsx";
import { buttonClass } from "../../ui/button.tsx";
import { Facts } from "../../ui/facts.tsx";
import { Card, Waiting } from "../../ui/page.tsx";
import { SectionHead } from "../../ui/section.tsx";
import { StatusBadge } from "../../ui/status-badge.tsx";
import { userQuery, userWorkspacesQuery } from "../queries.ts";
import { UserActions } from "./user-actions.tsx";
import { UserForm } from "./user-form.tsx";
import { UserStateBadge } from "./user-state.tsx";

const Workspaces = ({ username }: { username: string }) => {
  const { t } = useI18n();
  const { data: workspaces, error } = useQuery(userWorkspacesQuery(username));
  if (error) return null;
  return (
    <Card title={t("app.workspaces")}>
      {workspaces?.length ? (
        <ul className="grid gap-2 text-sm">
          {workspaces.map(({ name, status, message, blueprint, origin }) => (
            <li key={name} className="flex flex-wrap items-center gap-2">
              <Link to="/workspaces/$name" params={{ name }} className="font-medium text-accent">
                {name}
              </Link>
              <StatusBadge status={status} detail={message} />
              <span className="text-quiet">{origin || blueprint}</span>
            </li>
          ))}
        </ul>
      ) : (
        <p className="text-sm text-quiet">{t("app.none")}</p>
      )}
    </Card>
  );
};

const facts = (user: UserProfile, { t, date }: Pick<ReturnType<typeof useI18n>, "t" | "date">) =>
  [
    [t("admin.state"), <UserStateBadge key="state" user={user} />],
    ...(user.password_locked
      ? [[t("admin.users.passwordLocked"), date(user.password_locked_until)] as const]
      : []),
    [t("admin.organization"), user.organization],
    [t("admin.roles"), <Tags key="roles" values={user.roles} />],
    [
      t("account.profile.blueprints"),
      user.blueprints.includes("*") ? (
        t("account.profile.blueprints.all")
      ) : (
        <Tags key="blueprints" values={user.blueprints} />
      ),
    ],
    [t("admin.users.source"), user.source],
    [t("account.profile.ids"), `${user.uid} / ${user.gid}`],
    [t("account.profile.expires"), user.expiresAt ? date(user.expiresAt) : t("app.never")],
  ] as const;

const route = getRouteApi("/signed-in/admin/users/$username");

/** One user, and what can be done about them. */
export const UserPage = () => {
  const { username } = route.useParams();
  const i18n = useI18n();
  const { t } = i18n;
  const may = useMay(username);
  const { data: user, error, refetch } = useQuery(userQuery(username));
  return (
    <>
      <div>
        <Link to="/admin/users" className={buttonClass("quiet", "-ml-3 text-quiet")}>
          <ArrowLeft size={16} aria-hidden />
          {t("admin.users")}
        </Link>
      </div>
      <SectionHead
        title={user?.fullname || username}
        lead={user?.fullname ? username : undefined}
        actions={user ? <UserActions user={user} may={may} /> : undefined}
      />
      <Waiting data={user} error={error} refetch={refetch} />
      {user ? (
        <>
          <Card title={t("admin.users.about")}>
            <Facts facts={facts(user, i18n)} />
          </Card>
          <Workspaces username={username} />
          <UserForm key={username} user={user} may={may} />
        </>
      ) : null}
    </>
  );
};
