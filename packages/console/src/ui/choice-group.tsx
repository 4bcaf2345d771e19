import { type ReactNode, useId } from "react";

/** A choice of one from a few, each a card; `name` is the field of the form. */
export const ChoiceCards = <T extends string>({
  label,
  value,
  options,
  onChange,
}: {
  label: string;
  value: T;
  options: ReadonlyArray<{ readonly value: T; readonly text: string; readonly picture?: ReactNode }>;
  onChange(value: T): void;
}) => {
  const name = useId();
  return (
    <fieldset className="grid gap-2">
      <legend className="pb-2 text-sm font-medium">{label}</legend>
      <div className="flex flex-wrap gap-3">
        {options.map((option) => (
          <label
            key={option.value}
            className="grid cursor-pointer gap-2 rounded-xl border border-line bg-raised p-3 text-sm has-checked:border-accent has-checked:bg-accent-soft has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent"
          >
            {option.picture}
            <span className="flex items-center gap-2">
              <input
                type="radio"
                name={name}
                value={option.value}
                checked={option.value === value}
                onChange={() => onChange(option.value)}
                className="accent-(--accent) outline-none"
              />
              {option.text}
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
};

/** Several of a list, as tick boxes that a form sends under one `name`. */
export const CheckList = ({
  label,
  name,
  options,
  chosen,
  empty,
}: {
  label: string;
  name: string;
  options: ReadonlyArray<{
    readonly value: string;
    readonly hint?: string | undefined;
    readonly refusal?: string | undefined;
  }>;
  chosen: readonly string[];
  /** Shown when there are no options. */
  empty: string;
}) => (
  <fieldset className="grid gap-1">
    <legend className="pb-1 text-sm font-medium">{label}</legend>
    {options.length === 0 ? <p className="text-sm text-quiet">{empty}</p> : null}
    <div className="grid max-h-56 gap-0.5 overflow-y-auto rounded-lg border border-line p-2 empty:hidden">
      {options.map(({ value, hint, refusal }) => (
        <label key={value} className="flex items-start gap-2 rounded-md px-1 py-1 text-sm" title={refusal}>
          {refusal !== undefined && chosen.includes(value) ? (
            // Forms leave out what is disabled; it must not be lost by that.
            <input type="hidden" name={name} value={value} />
          ) : null}
          <input
            type="checkbox"
            name={name}
            value={value}
            defaultChecked={chosen.includes(value)}
            disabled={refusal !== undefined}
            className="mt-0.5 size-4 shrink-0 accent-(--accent)"
          />
          <span>
            {value}
            {hint ? <span className="block text-xs text-quiet">{hint}</span> : null}
          </span>
        </label>
      ))}
    </div>
  </fieldset>
);
