import { useState } from "react";
import { useI18n } from "../i18n/i18n.tsx";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { FormProblem } from "../ui/form.tsx";
import type { Session } from "./session.ts";

/** Asks what is to become of the shell of a terminal that is closed. */
export const CloseDialog = ({
  session,
  onDone,
  onCancel,
}: {
  session: Session;
  /** The terminal may go from the page. */
  onDone(): void;
  onCancel(): void;
}) => {
  const { t, explain } = useI18n();
  const [problem, setProblem] = useState<string>();
  const { state } = session.view();
  const detachable =
    state.name !== "open" || state.info.detachable || state.info.protocol === "cloudshell-v1";
  const observing = state.name === "open" && state.info.role === "observer";
  const end = async () => {
    try {
      await session.terminal.opened();
      session.terminal.end();
      // The server takes note of it before the page leaves.
      await session.terminal.closed();
      onDone();
    } catch (error) {
      setProblem(explain(error));
    }
  };
  return (
    <Dialog
      open
      onOpenChange={onCancel}
      title={t("terminal.closing.title")}
      description={t(detachable ? "terminal.closing.text" : "terminal.closing.notDetachable")}
    >
      <FormProblem problem={problem} />
      <div className="flex flex-wrap justify-end gap-2">
        <Button onClick={onCancel}>{t("app.cancel")}</Button>
        {observing ? null : (
          <Button tone="danger" onClick={() => void end()}>
            {t("terminal.closing.end")}
          </Button>
        )}
        {detachable ? (
          <Button tone="primary" onClick={onDone}>
            {t("terminal.closing.leave")}
          </Button>
        ) : null}
      </div>
    </Dialog>
  );
};
