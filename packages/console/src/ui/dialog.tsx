import { clsx } from "clsx";
import { X } from "lucide-react";
import { AlertDialog as Alert, Dialog as Radix } from "radix-ui";
import { type ReactNode, useState } from "react";
import { useI18n } from "../i18n/i18n.tsx";
import { Button, IconButton } from "./button.tsx";
import { FormProblem } from "./form.tsx";
import { useFocusReturn } from "./use-focus-return.ts";

/** Classes of what dims the page below a window. */
export const dialogOverlay = "fixed inset-0 z-40 bg-black/50";
/** Classes of a window over the page. */
export const dialogPanel =
  "fixed top-1/2 left-1/2 z-50 grid max-h-[90vh] w-[min(34rem,94vw)] -translate-x-1/2 -translate-y-1/2 gap-4 overflow-auto rounded-xl border border-line bg-raised p-5 shadow-xl";

export interface DialogProps {
  open: boolean;
  onOpenChange(open: boolean): void;
  title: string;
  description?: ReactNode;
  /** For content that is looked at, such as a picture. */
  wide?: boolean;
  /** Puts the keyboard where it belongs afterwards (default: where it was before). */
  returnFocus?: (() => void) | undefined;
  children?: ReactNode;
}

/** A window over the page that can be left at any time. */
export const Dialog = ({
  open,
  onOpenChange,
  title,
  description,
  wide = false,
  returnFocus,
  children,
}: DialogProps) => {
  const { t } = useI18n();
  const focusReturn = useFocusReturn(returnFocus);
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className={dialogOverlay} />
        <Radix.Content
          className={clsx(dialogPanel, wide && "w-[min(60rem,94vw)]!")}
          {...focusReturn}
          {...(description === undefined ? { "aria-describedby": undefined } : {})}
        >
          <div className="flex items-start justify-between gap-3">
            <Radix.Title className="text-lg font-semibold">{title}</Radix.Title>
            <Radix.Close asChild>
              <IconButton label={t("app.close")} className="-mt-1 -mr-2">
                <X size={18} aria-hidden />
              </IconButton>
            </Radix.Close>
          </div>
          {description === undefined ? null : (
            <Radix.Description className="text-sm text-quiet">{description}</Radix.Description>
          )}
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
};

export interface ConfirmDialogProps {
  open: boolean;
  onOpenChange(open: boolean): void;
  title: string;
  /** What happens, and what is lost. */
  text: ReactNode;
  /** Words on the button that does it. */
  action: string;
  danger?: boolean;
  /** Puts the keyboard where it belongs afterwards (default: where it was before). */
  returnFocus?: (() => void) | undefined;
  /** The dialog closes when this resolves, and shows why when it does not. */
  onConfirm(): Promise<unknown>;
}

/** Asks before something is done that cannot be taken back. */
export const ConfirmDialog = ({
  open,
  onOpenChange,
  title,
  text,
  action,
  danger = false,
  returnFocus,
  onConfirm,
}: ConfirmDialogProps) => {
  const { t, explain } = useI18n();
  const focusReturn = useFocusReturn(returnFocus);
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);
  const confirm = async () => {
    setBusy(true);
    setProblem(undefined);
    try {
      await onConfirm();
      onOpenChange(false);
    } catch (error) {
      setProblem(explain(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Alert.Root
      open={open}
      onOpenChange={(next) => {
        setProblem(undefined);
        onOpenChange(next);
      }}
    >
      <Alert.Portal>
        <Alert.Overlay className={dialogOverlay} />
        <Alert.Content className={dialogPanel} {...focusReturn}>
          <Alert.Title className="text-lg font-semibold">{title}</Alert.Title>
          <Alert.Description className="text-sm text-quiet">{text}</Alert.Description>
          <FormProblem problem={problem} />
          <div className="flex justify-end gap-2">
            <Alert.Cancel asChild>
              <Button>{t("app.cancel")}</Button>
            </Alert.Cancel>
            <Button tone={danger ? "danger" : "primary"} disabled={busy} onClick={() => void confirm()}>
              {action}
            </Button>
          </div>
        </Alert.Content>
      </Alert.Portal>
    </Alert.Root>
  );
};

/** A `ConfirmDialog` about one of several things: open while there is one. */
export const ConfirmAbout = <T,>({
  about,
  onClose,
  onConfirm,
  ...rest
}: Omit<ConfirmDialogProps, "open" | "onOpenChange" | "onConfirm"> & {
  about: T | undefined;
  onClose(): void;
  onConfirm(about: T): Promise<unknown>;
}) => (
  <ConfirmDialog
    {...rest}
    open={about !== undefined}
    onOpenChange={onClose}
    onConfirm={async () => about !== undefined && (await onConfirm(about))}
  />
);
