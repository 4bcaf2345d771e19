import { clsx } from "clsx";
import { Check } from "lucide-react";
import { DropdownMenu as Radix } from "radix-ui";
import type { ReactNode } from "react";

const item =
  "flex min-h-9 cursor-default items-center gap-2 rounded-md px-2 text-sm outline-none data-disabled:opacity-55 data-highlighted:bg-sheet";

const content = "z-50 min-w-48 rounded-lg border border-line bg-raised p-1 shadow-lg";

/** A menu that opens from its trigger, which must be one element that takes a ref. */
export const Menu = ({
  trigger,
  open,
  onOpenChange,
  children,
}: {
  trigger: ReactNode;
  /** Whether it is open, where that is decided elsewhere. */
  open?: boolean;
  onOpenChange?(open: boolean): void;
  children: ReactNode;
}) => (
  <Radix.Root
    modal={false}
    {...(open === undefined ? {} : { open })}
    {...(onOpenChange === undefined ? {} : { onOpenChange })}
  >
    <Radix.Trigger asChild>{trigger}</Radix.Trigger>
    <Radix.Portal>
      <Radix.Content align="end" sideOffset={4} className={content}>
        {children}
      </Radix.Content>
    </Radix.Portal>
  </Radix.Root>
);

/** A place in the window, in pixels. */
export interface MenuPlace {
  readonly left: number;
  readonly top: number;
}

/** An open menu that stays where it was opened, and open, whatever becomes of what is below it. */
export const MenuAt = ({
  at,
  title,
  onClose,
  returnFocus,
  children,
}: {
  at: MenuPlace;
  /** What it is about. */
  title: string;
  onClose(): void;
  /** Puts the keyboard where it belongs afterwards, unless what was chosen took it. */
  returnFocus(): void;
  children: ReactNode;
}) => (
  <Radix.Root modal={false} open onOpenChange={(open) => (open ? undefined : onClose())}>
    <Radix.Trigger asChild>
      <span aria-hidden className="pointer-events-none fixed" style={{ ...at }} />
    </Radix.Trigger>
    <Radix.Portal>
      <Radix.Content
        key={`${at.left} ${at.top}`}
        align="start"
        sideOffset={4}
        aria-label={title}
        aria-labelledby={undefined}
        className={clsx(content, "max-w-72")}
        onCloseAutoFocus={(event) => {
          event.preventDefault();
          if (document.activeElement === document.body) returnFocus();
        }}
      >
        <Radix.Label className="truncate px-2 py-1 text-xs font-semibold text-quiet">{title}</Radix.Label>
        {children}
      </Radix.Content>
    </Radix.Portal>
  </Radix.Root>
);

export const MenuItem = ({
  onSelect,
  danger = false,
  disabled = false,
  refusal,
  children,
}: {
  onSelect?: () => void;
  danger?: boolean;
  disabled?: boolean;
  /** Why it cannot be done. */
  refusal?: string | undefined;
  children: ReactNode;
}) => (
  <Radix.Item
    className={clsx(item, danger && "text-danger")}
    disabled={disabled || refusal !== undefined}
    title={refusal}
    onSelect={() => onSelect?.()}
  >
    {children}
  </Radix.Item>
);

/** A choice of one within a menu. */
export const MenuChoice = <T extends string>({
  label,
  value,
  options,
  onChange,
}: {
  label: string;
  value: T;
  options: ReadonlyArray<readonly [value: T, text: string]>;
  onChange(value: T): void;
}) => (
  <Radix.Group>
    <Radix.Label className="px-2 pt-2 pb-1 text-xs font-semibold text-quiet">{label}</Radix.Label>
    <Radix.RadioGroup value={value} onValueChange={(next) => onChange(next as T)}>
      {options.map(([choice, text]) => (
        <Radix.RadioItem key={choice} value={choice} className={item}>
          <span className="inline-flex w-4">
            <Radix.ItemIndicator>
              <Check size={16} aria-hidden />
            </Radix.ItemIndicator>
          </span>
          {text}
        </Radix.RadioItem>
      ))}
    </Radix.RadioGroup>
  </Radix.Group>
);

export const MenuSeparator = () => <Radix.Separator className="my-1 h-px bg-line" />;
