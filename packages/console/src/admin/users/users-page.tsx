import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { UserPlus } from "lucide-react";
import { useState } from "react";
import { useMay } from "../../app/use-may.ts";
import { useI18n } from "../../i18n/i18n.tsx";
import { Badge, Tags } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { FilterBar, FilterSelect, SearchField } from "../../ui/filter-bar.tsx";
import { Empty, Waiting } from "../../ui/page.tsx";
import { Pager } from "../../ui/pager.tsx";
import { SectionHead } from "../../ui/section.tsx";
import { Cell, Head, Table } from "../../ui/table.tsx";
import { usersQuery } from "../queries.ts";
import { filterUsers, noFilter, type UserFilter } from "./filter-users.ts";
import { NewUserDialog } from "./new-user-dialog.tsx";
import { UserStateBadge, userStates } from "./user-state.tsx";

const pageLength = 25;

/** Everybody whom the caller may see. */
export const UsersPage = () => {
  const { t } = useI18n();
  const create = useMay()("user:create");
  const { data: users, error, refetch } = useQuery(usersQuery);
  const [filter, setFilter] = useState<UserFilter>(noFilter);
  const [offset, setOffset] = useState(0);
  const [adding, setAdding] = useState(false);
  const narrow = (change: Partial<UserFilter>) => {
    setFilter((before) => ({ ...before, ...change }));
    setOffset(0);
  };
  const found = filterUsers(users ?? [], filter);
  const shown = found.slice(offset, offset + pageLength);
  const organizations = [...new Set(users?.map(({ organization }) => organization))].sort();
  const roles = [...new Set(users?.flatMap((user) => user.roles))].sort();
  return (
    <>
      <SectionHead
        title={t("admin.users")}
        lead={t("admin.users.lead")}
        actions={
          <Button tone="primary" refusal={create.refusal} onClick={() => setAdding(true)}>
            <UserPlus size={16} aria-hidden />
            {t("admin.users.create")}
          </Button>
        }
      />
      <Waiting data={users} error={error} refetch={refetch} />
      {users ? (
        <>
          <FilterBar label={t("admin.users.find")}>
            <SearchField
              label={t("admin.users.find")}
              value={filter.text}
              onChange={({ target }) => narrow({ text: target.value })}
            />
            {organizations.length > 1 ? (
              <FilterSelect
                label={t("admin.organization")}
                value={filter.organization}
                onChange={({ target }) => narrow({ organization: target.value })}
              >
                <option value="">{t("admin.all")}</option>
                {organizations.map((name) => (
                  <option key={name}>{name}</option>
                ))}
              </FilterSelect>
            ) : null}
            <FilterSelect
              label={t("admin.role")}
              value={filter.role}
              onChange={({ target }) => narrow({ role: target.value })}
            >
              <option value="">{t("admin.all")}</option>
              {roles.map((name) => (
                <option key={name}>{name}</option>
              ))}
            </FilterSelect>
            <FilterSelect
              label={t("admin.state")}
              value={filter.state}
              onChange={({ target }) =>
                narrow({ state: userStates.find((state) => state === target.value) ?? "" })
              }
            >
              <option value="">{t("admin.all")}</option>
              {userStates.map((state) => (
                <option key={state} value={state}>
                  {t(`admin.users.state.${state}`)}
                </option>
              ))}
            </FilterSelect>
          </FilterBar>
          {found.length === 0 ? (
            <Empty title={t("admin.users.none")} />
          ) : (
            <Table
              label={t("admin.users")}
              head={
                <>
                  <Head>{t("admin.users.user")}</Head>
                  <Head>{t("admin.organization")}</Head>
                  <Head>{t("admin.roles")}</Head>
                  <Head>{t("admin.users.source")}</Head>
                  <Head>{t("admin.state")}</Head>
                </>
              }
            >
              {shown.map((user) => (
                <tr key={user.username}>
                  <Cell>
                    <Link
                      to="/admin/users/$username"
                      params={{ username: user.username }}
                      className="font-semibold text-accent"
                    >
                      {user.username}
                    </Link>
                    <span className="block text-xs text-quiet">
                      {[user.fullname, user.email].filter(Boolean).join(" · ")}
                    </span>
                  </Cell>
                  <Cell>{user.organization}</Cell>
                  <Cell>
                    <Tags values={user.roles} />
                  </Cell>
                  <Cell>
                    <Badge>{user.source}</Badge>
                  </Cell>
                  <Cell>
                    <UserStateBadge user={user} />
                  </Cell>
                </tr>
              ))}
            </Table>
          )}
          <Pager
            offset={offset}
            limit={pageLength}
            shown={shown.length}
            all={found.length}
            onMove={setOffset}
          />
        </>
      ) : null}
      {adding ? <NewUserDialog onClose={() => setAdding(false)} /> : null}
    </>
  );
};
