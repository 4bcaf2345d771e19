import type { AuditRecord } from "@k8shell/sdk";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { RefreshCw } from "lucide-react";
import { type FormEvent, useState } from "react";
import { k8shell } from "../app/server.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { Button } from "../ui/button.tsx";
import { FilterBar, FilterSelect, SearchField } from "../ui/filter-bar.tsx";
import { textOf } from "../ui/form.tsx";
import { Empty, Waiting } from "../ui/page.tsx";
import { Pager } from "../ui/pager.tsx";
import { SectionHead } from "../ui/section.tsx";
import { ActionsHead, Cell, Head, Table } from "../ui/table.tsx";
import { AuditDetail } from "./audit-detail.tsx";
import { AuditOutcome } from "./audit-outcome.tsx";
import { type AuditFilter, auditQueryOf, noAuditFilter } from "./audit-query.ts";

const limit = 50;
const spans = ["1", "24", "168"] as const;

/** Every decision of policy that was kept. */
export const AuditPage = () => {
  const { t, date } = useI18n();
  const [filter, setFilter] = useState<AuditFilter>(noAuditFilter);
  const [offset, setOffset] = useState(0);
  const [shown, setShown] = useState<AuditRecord>();
  const { data, error, refetch, isFetching } = useQuery({
    queryKey: ["admin", "audit", filter, offset],
    queryFn: ({ signal }) =>
      k8shell.api.queryAudit({ body: auditQueryOf(filter, { limit, offset }, new Date()) }, { signal }),
    placeholderData: keepPreviousData,
    // A log seen on an earlier visit is not shown again: new rows would move what is under the pointer.
    gcTime: 0,
  });
  const narrow = (change: Partial<AuditFilter>) => {
    setFilter((before) => ({ ...before, ...change }));
    setOffset(0);
  };
  const search = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    narrow({
      username: textOf(form, "username") ?? "",
      action: textOf(form, "action") ?? "",
      resource: textOf(form, "resource") ?? "",
    });
  };
  return (
    <>
      <SectionHead
        title={t("admin.audit")}
        lead={t("admin.audit.lead")}
        actions={
          <Button disabled={isFetching} onClick={() => void refetch()}>
            <RefreshCw size={16} aria-hidden />
            {t("admin.audit.refresh")}
          </Button>
        }
      />
      <form onSubmit={search}>
        <FilterBar label={t("admin.audit.find")}>
          <SearchField name="username" label={t("admin.audit.user")} />
          <SearchField name="action" label={t("admin.audit.action")} />
          <SearchField name="resource" label={t("admin.audit.resource")} />
          <FilterSelect
            label={t("admin.audit.outcome")}
            value={filter.outcome}
            onChange={({ target }) =>
              narrow({
                outcome: target.value === "allowed" || target.value === "denied" ? target.value : "",
              })
            }
          >
            <option value="">{t("admin.all")}</option>
            <option value="allowed">{t("admin.audit.allowed")}</option>
            <option value="denied">{t("admin.audit.denied")}</option>
          </FilterSelect>
          <FilterSelect
            label={t("admin.audit.since")}
            value={filter.hours}
            onChange={({ target }) => narrow({ hours: target.value })}
          >
            <option value="">{t("admin.all")}</option>
            {spans.map((hours) => (
              <option key={hours} value={hours}>
                {t(`admin.audit.since.${hours}`)}
              </option>
            ))}
          </FilterSelect>
          <Button type="submit">{t("admin.audit.search")}</Button>
        </FilterBar>
      </form>
      <Waiting data={data} error={error} refetch={refetch} />
      {data?.length === 0 ? <Empty title={t("admin.audit.none")} /> : null}
      {data?.length ? (
        <Table
          label={t("admin.audit")}
          head={
            <>
              <Head>{t("admin.audit.when")}</Head>
              <Head>{t("admin.audit.user")}</Head>
              <Head>{t("admin.audit.action")}</Head>
              <Head>{t("admin.audit.resource")}</Head>
              <Head>{t("admin.audit.outcome")}</Head>
              <ActionsHead />
            </>
          }
        >
          {data.map((record) => (
            <tr key={record.id}>
              <Cell className="whitespace-nowrap">
                {date(record.occurredAt)}
                {record.dupCount > 0 ? (
                  <span className="block text-xs text-quiet">
                    {t("admin.audit.repeated", { count: record.dupCount })}
                  </span>
                ) : null}
              </Cell>
              <Cell>
                <span className="font-medium">{record.username}</span>
                <span className="block text-xs text-quiet">{record.org}</span>
              </Cell>
              <Cell>
                <code className="text-xs">{record.action}</code>
              </Cell>
              <Cell className="max-w-52 truncate" title={record.resourceId}>
                {record.resourceType} {record.resourceId}
              </Cell>
              <Cell>
                <AuditOutcome allowed={record.allowed} />
              </Cell>
              <Cell className="text-right">
                <Button
                  tone="quiet"
                  aria-label={t("admin.audit.detail.name", { id: record.id })}
                  onClick={() => setShown(record)}
                >
                  {t("admin.audit.detail")}
                </Button>
              </Cell>
            </tr>
          ))}
        </Table>
      ) : null}
      {data ? <Pager offset={offset} limit={limit} shown={data.length} onMove={setOffset} /> : null}
      {shown ? <AuditDetail record={shown} onClose={() => setShown(undefined)} /> : null}
    </>
  );
};
