import type { WorkspaceTerminalSession } from "@k8shell/sdk";
import { useQuery } from "@tanstack/react-query";
import { profileQuery } from "../app/queries.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Waiting } from "../ui/page.tsx";
import type { TerminalSpec } from "./layout.ts";
import { terminalsQuery } from "./queries.ts";

const Row = ({
  terminal,
  own,
  openHere,
  onOpen,
}: {
  terminal: WorkspaceTerminalSession;
  own: boolean;
  openHere: boolean;
  onOpen(spec: Omit<TerminalSpec, "id">): void;
}) => {
  const { t, ago } = useI18n();
  const { session_id, owner, created_at, state, viewers = [] } = terminal;
  const join = session_id;
  const viewing = viewers.map(({ username }) => username).join(", ");
  return (
    <li className="flex flex-wrap items-center gap-3 px-3 py-2">
      <div className="min-w-40 grow text-sm">
        <p className="font-medium">{t("terminal.list.of", { owner, since: ago(created_at) })}</p>
        <p className="text-quiet">
          {t(`terminal.list.${state ?? "detached"}`)}
          {viewing === "" ? "" : ` · ${t("terminal.list.viewers", { names: viewing })}`}
        </p>
      </div>
      {openHere ? (
        <span className="text-sm text-quiet">{t("terminal.list.here")}</span>
      ) : (
        <div className="flex gap-2">
          {state === "attached" ? (
            <Button onClick={() => onOpen({ join, role: "observer" })}>{t("terminal.list.observe")}</Button>
          ) : null}
          <Button tone="primary" onClick={() => onOpen(own ? { join } : { join, role: "writer" })}>
            {t("terminal.list.attach")}
          </Button>
        </div>
      )}
    </li>
  );
};

/** The terminals of the workspace, to attach to one or to look on. */
export const TerminalsDialog = ({
  workspace,
  openHere,
  onOpen,
  onClose,
}: {
  workspace: string;
  /** Ids of those that this page has. */
  openHere: ReadonlySet<string>;
  onOpen(spec: Omit<TerminalSpec, "id">): void;
  onClose(): void;
}) => {
  const { t } = useI18n();
  const { data: profile } = useQuery(profileQuery);
  const { data, error, refetch } = useQuery(terminalsQuery(workspace));
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={t("terminal.list.title")}
      description={t("terminal.list.text")}
    >
      <Waiting data={data} error={data ? null : error} refetch={refetch} />
      {data?.length === 0 ? <p className="text-sm text-quiet">{t("terminal.list.none")}</p> : null}
      {data && data.length > 0 ? (
        <ul className="divide-y divide-line rounded-lg border border-line">
          {data.map((terminal) => (
            <Row
              key={terminal.session_id}
              terminal={terminal}
              own={terminal.owner === profile?.username}
              openHere={openHere.has(terminal.session_id)}
              onOpen={(spec) => {
                onOpen(spec);
                onClose();
              }}
            />
          ))}
        </ul>
      ) : null}
    </Dialog>
  );
};
