import { type FormEvent, type ReactNode, useState } from "react";
import { useI18n } from "../i18n/i18n.tsx";
import { Button } from "./button.tsx";
import { Dialog } from "./dialog.tsx";

/** The text of a field, without blanks around it; undefined when empty. */
export const textOf = (form: FormData, name: string): string | undefined => {
  const value = form.get(name);
  return typeof value === "string" && value.trim() !== "" ? value.trim() : undefined;
};

/** Why a form was not taken, where its fields end. */
export const FormProblem = ({ problem }: { problem: string | undefined }) =>
  problem ? (
    <p role="alert" className="rounded-lg bg-danger-soft p-3 text-sm text-danger">
      {problem}
    </p>
  ) : null;

/**
 * What a form does when it is sent: busy meanwhile, and a problem when it failed.
 * @param send is given what was filled in
 */
export const useForm = (send: (form: FormData) => Promise<unknown>) => {
  const { explain } = useI18n();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setProblem(undefined);
    send(new FormData(event.currentTarget))
      .catch((error: unknown) => setProblem(explain(error)))
      .finally(() => setBusy(false));
  };
  return { busy, problem, onSubmit };
};

/** A window with a form. It closes when what `onSend` begins has succeeded. */
export const FormDialog = ({
  open,
  onOpenChange,
  title,
  description,
  action,
  danger = false,
  ready = true,
  onSend,
  children,
}: {
  open: boolean;
  onOpenChange(open: boolean): void;
  title: string;
  description?: ReactNode;
  /** Words on the button that sends it. */
  action: string;
  danger?: boolean;
  /** False while what the form needs is on its way: it cannot be sent yet. */
  ready?: boolean;
  onSend(form: FormData): Promise<unknown>;
  children: ReactNode;
}) => (
  <Dialog open={open} onOpenChange={onOpenChange} title={title} description={description}>
    <DialogForm action={action} danger={danger} ready={ready} onSend={onSend} onOpenChange={onOpenChange}>
      {children}
    </DialogForm>
  </Dialog>
);

/** A component of its own, so that each opening of the window begins anew. */
const DialogForm = ({
  action,
  danger,
  ready,
  onSend,
  onOpenChange,
  children,
}: {
  action: string;
  danger: boolean;
  ready: boolean;
  onSend(form: FormData): Promise<unknown>;
  onOpenChange(open: boolean): void;
  children: ReactNode;
}) => {
  const { t } = useI18n();
  const { busy, problem, onSubmit } = useForm(async (form) => {
    await onSend(form);
    onOpenChange(false);
  });
  return (
    <form className="grid gap-4" onSubmit={onSubmit}>
      {children}
      <FormProblem problem={problem} />
      <div className="flex justify-end gap-2">
        <Button onClick={() => onOpenChange(false)}>{t("app.cancel")}</Button>
        <Button tone={danger ? "danger" : "primary"} type="submit" disabled={busy || !ready}>
          {action}
        </Button>
      </div>
    </form>
  );
};
