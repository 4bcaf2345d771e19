import { useI18n } from "../i18n/i18n.tsx";
import { TextField } from "../ui/field.tsx";
import { FormDialog } from "../ui/form-dialog.tsx";
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
  const { t } = useI18n();
  return (
    <FormDialog
      open
      onOpenChange={onClose}
      title={title}
      action={action}
      returnFocus={returnFocus}
      onSend={async (form) => {
        // Blanks at either end of a name are part of it.
        const name = String(form.get("name"));
        if (!isName(name)) throw new Error(t("files.name.wrong"));
        if (name !== initial) await onName(name);
      }}
    >
      <TextField
        name="name"
        label={t("files.name")}
        defaultValue={initial}
        autoFocus
        autoComplete="off"
        spellCheck={false}
        onFocus={({ currentTarget: field }) => {
          // The name without its ending is what is changed most of the time.
          const dot = initial.lastIndexOf(".");
          field.setSelectionRange(0, dot > 0 ? dot : initial.length);
        }}
      />
    </FormDialog>
  );
};
