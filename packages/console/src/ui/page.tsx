import { K8shellError } from "@k8shell/sdk";
import { type ReactNode, useEffect } from "react";
import { useI18n } from "../i18n/i18n.tsx";
import { Button } from "./button.tsx";

/** The frame of a page: its heading, what can be done on it, and its content. Sets the title of the window. */
export const Page = ({
  title,
  actions,
  children,
}: {
  title: string;
  actions?: ReactNode;
  children: ReactNode;
}) => {
  useEffect(() => {
    document.title = `${title} · k8shell`;
  }, [title]);
  return (
    <div className="mx-auto grid w-full max-w-6xl gap-5 px-4 py-6">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <h1 className="text-xl font-semibold">{title}</h1>
        {actions ? <div className="flex flex-wrap gap-2">{actions}</div> : null}
      </div>
      {children}
    </div>
  );
};

/** A bordered part of a page. */
export const Card = ({ title, children }: { title?: string; children: ReactNode }) => (
  <section className="grid gap-3 rounded-xl border border-line bg-sheet p-4" aria-label={title}>
    {title ? <h2 className="font-semibold">{title}</h2> : null}
    {children}
  </section>
);

/** What is shown where a list has nothing in it. */
export const Empty = ({ title, children }: { title: string; children?: ReactNode }) => (
  <div className="grid justify-items-center gap-3 rounded-xl border border-dashed border-line px-4 py-12 text-center">
    <p className="font-semibold">{title}</p>
    <div className="grid max-w-prose justify-items-center gap-3 text-sm text-quiet">{children}</div>
  </div>
);

export const Loading = () => {
  const { t } = useI18n();
  return (
    <p role="status" className="py-8 text-center text-sm text-quiet">
      {t("app.loading")}
    </p>
  );
};

/** Why something could not be loaded, with the number that finds it in the server's log. */
export const Failure = ({ error, onRetry }: { error: unknown; onRetry?: (() => void) | undefined }) => {
  const { t, explain } = useI18n();
  return (
    <div
      role="alert"
      className="grid justify-items-center gap-2 rounded-xl border border-danger bg-danger-soft p-6"
    >
      <p className="font-semibold">{t("app.failed")}</p>
      <p className="text-sm">{explain(error)}</p>
      {error instanceof K8shellError && error.requestId ? (
        <p className="text-xs text-quiet">{t("app.requestId", { id: error.requestId })}</p>
      ) : null}
      {onRetry ? <Button onClick={onRetry}>{t("app.retry")}</Button> : null}
    </div>
  );
};

/** Stands where data will be: that it is on its way, or why it cannot be had. Takes what `useQuery` gives. */
export const Waiting = ({
  data,
  error,
  refetch,
}: {
  data: unknown;
  error: unknown;
  refetch(): Promise<unknown>;
}) => {
  if (error) return <Failure error={error} onRetry={() => void refetch()} />;
  return data ? null : <Loading />;
};
