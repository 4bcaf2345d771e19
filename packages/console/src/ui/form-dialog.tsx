import type { ReactNode } from "react";
import { useI18n } from "../i18n/i18n.tsx";
import { Button } from "./button.tsx";
import { Dialog } from "./dialog.tsx";
import { FormProblem, useForm } from "./form.tsx";

/** A window with a form. It closes when what `onSend` begins has succeeded. */
export const FormDialog = ({
  open,
  onOpenChange,
  title,
  description,
  action,
  danger = false,
  ready = true,
  returnFocus,
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
  /** Puts the keyboard where it belongs afterwards (default: where it was before). */
  returnFocus?: () => void;
  onSend(form: FormData): Promise<unknown>;
  children: ReactNode;
}) => (
  <Dialog
    open={open}
    onOpenChange={onOpenChange}
    title={title}
    description={description}
    returnFocus={returnFocus}
  >
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
