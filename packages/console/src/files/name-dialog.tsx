import { type FormEvent, useState } from "react";
import { useI18n } from "../i18n/i18n.tsx";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { TextField } from "../ui/field.tsx";
import { isName } from "./paths.ts";

/** Asks for the name of something in a directory. */
export const NameDialog = ({
  title,
  action,
  initial = "",
  onName,
  onClose,
  returnFocus,
}: {
  title: string;
  action: string;
  initial?: string;
  /** The dialog closes when this resolves, and says why when it does not. */
  onName(name: string): Promise<unknown>;
  onClose(): void;
  returnFocus(): void;
}) => {
  const { t, explain } = useI18n();
  const [name, setName] = useState(initial);
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!isName(name)) {
      setProblem(t("files.name.wrong"));
      return;
    }
    setBusy(true);
    try {
      if (name !== initial) await onName(name);
      onClose();
    } catch (error) {
      setProblem(explain(error));
      setBusy(false);
    }
  };
  return (
    <Dialog open onOpenChange={onClose} title={title} returnFocus={returnFocus}>
      <form className="grid gap-4" onSubmit={(event) => void submit(event)}>
        <TextField
          label={t("files.name")}
          value={name}
          error={problem}
          autoFocus
          autoComplete="off"
          spellCheck={false}
          onFocus={({ currentTarget: field }) => {
            // The name without its ending is what is changed most of the time.
            const dot = initial.lastIndexOf(".");
            field.setSelectionRange(0, dot > 0 ? dot : initial.length);
          }}
          onChange={(event) => {
            setName(event.target.value);
            setProblem(undefined);
          }}
        />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t("app.cancel")}</Button>
          <Button tone="primary" type="submit" disabled={busy}>
            {action}
          </Button>
        </div>
      </form>
    </Dialog>
  );
};
