import { clsx } from "clsx";
import { Pencil, Trash2 } from "lucide-react";
import type { ComponentProps } from "react";

export type ButtonTone = "plain" | "primary" | "danger" | "quiet";

const tones: Readonly<Record<ButtonTone, string>> = {
  plain: "border border-line bg-raised text-ink hover:bg-sheet",
  primary: "bg-accent text-on-accent hover:opacity-90",
  danger: "bg-danger text-on-danger hover:opacity-90",
  quiet: "text-ink hover:bg-sheet",
};

/** Classes of what looks like a button, e.g. a link. */
export const buttonClass = (tone: ButtonTone = "plain", className?: string): string =>
  clsx(
    "inline-flex min-h-9 items-center justify-center gap-2 rounded-lg px-3 text-sm font-medium no-underline",
    "disabled:cursor-not-allowed disabled:opacity-55 aria-disabled:cursor-not-allowed aria-disabled:opacity-55",
    tones[tone],
    className,
  );

export interface ButtonProps extends ComponentProps<"button"> {
  tone?: ButtonTone;
  /** Why the button does nothing; set it instead of `disabled` where there is something to say. */
  refusal?: string | undefined;
}

/** A button. With a `refusal` it stays reachable by keyboard, says why, and does nothing. */
export const Button = ({
  tone,
  className,
  refusal,
  title,
  onClick,
  type = "button",
  ...rest
}: ButtonProps) => (
  <button
    type={type}
    className={buttonClass(tone, className)}
    title={refusal ?? title}
    aria-disabled={refusal === undefined ? undefined : true}
    onClick={refusal === undefined ? onClick : (event) => event.preventDefault()}
    {...rest}
  />
);

/** A button that is only a picture; `label` is its name. */
export const IconButton = ({ label, className, ...rest }: ButtonProps & { label: string }) => (
  <Button
    tone="quiet"
    aria-label={label}
    title={label}
    className={clsx("min-w-9 px-2", className)}
    {...rest}
  />
);

type NamedButtonProps = Omit<ButtonProps, "children"> & { label: string };

/** Changes what it stands beside. */
export const EditButton = (props: NamedButtonProps) => (
  <IconButton {...props}>
    <Pencil size={16} aria-hidden />
  </IconButton>
);

/** Removes what it stands beside. */
export const DeleteButton = (props: NamedButtonProps) => (
  <IconButton {...props}>
    <Trash2 size={16} aria-hidden />
  </IconButton>
);
