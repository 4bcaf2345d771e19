import { clsx } from "clsx";
import { type ComponentProps, type ReactNode, useId } from "react";

const control =
  "min-h-9 w-full rounded-lg border border-line bg-paper px-3 text-sm text-ink placeholder:text-quiet aria-invalid:border-danger";

interface Described {
  label: string;
  /** Below the control. */
  hint?: ReactNode;
  /** What is wrong with the value; takes the place of the hint. */
  error?: string | undefined;
}

const Frame = ({ id, label, hint, error, children }: Described & { id: string; children: ReactNode }) => (
  <div className="grid gap-1">
    <label htmlFor={id} className="text-sm font-medium">
      {label}
    </label>
    {children}
    {error ? (
      <p id={`${id}-more`} role="alert" className="text-sm text-danger">
        {error}
      </p>
    ) : hint ? (
      <p id={`${id}-more`} className="text-sm text-quiet">
        {hint}
      </p>
    ) : null}
  </div>
);

const described = (id: string, { hint, error }: Partial<Described>) => ({
  id,
  "aria-invalid": error ? true : undefined,
  "aria-describedby": hint || error ? `${id}-more` : undefined,
});

/** A labelled text field. */
export const TextField = ({
  label,
  hint,
  error,
  className,
  ...rest
}: Described & ComponentProps<"input">) => {
  const id = useId();
  return (
    <Frame id={id} label={label} hint={hint} error={error}>
      <input {...described(id, { hint, error })} className={clsx(control, className)} {...rest} />
    </Frame>
  );
};

/** A labelled field for text of several lines. */
export const TextArea = ({
  label,
  hint,
  error,
  className,
  ...rest
}: Described & ComponentProps<"textarea">) => {
  const id = useId();
  return (
    <Frame id={id} label={label} hint={hint} error={error}>
      <textarea {...described(id, { hint, error })} className={clsx(control, "py-2", className)} {...rest} />
    </Frame>
  );
};

/** A labelled choice of one. */
export const SelectField = ({
  label,
  hint,
  error,
  className,
  ...rest
}: Described & ComponentProps<"select">) => {
  const id = useId();
  return (
    <Frame id={id} label={label} hint={hint} error={error}>
      <select {...described(id, { hint, error })} className={clsx(control, className)} {...rest} />
    </Frame>
  );
};

/** A labelled tick box. */
export const Checkbox = ({
  label,
  hint,
  ...rest
}: { label: ReactNode; hint?: ReactNode } & ComponentProps<"input">) => {
  const id = useId();
  return (
    <div className="flex items-start gap-2 text-sm">
      <input
        id={id}
        type="checkbox"
        className="mt-0.5 size-4 shrink-0 accent-(--accent)"
        aria-describedby={hint ? `${id}-more` : undefined}
        {...rest}
      />
      <div>
        <label htmlFor={id}>{label}</label>
        {hint ? (
          <p id={`${id}-more`} className="text-quiet">
            {hint}
          </p>
        ) : null}
      </div>
    </div>
  );
};
