import { Search } from "lucide-react";
import { type ComponentProps, type ReactNode, useId } from "react";

/** Fields above a list that narrow it. */
export const FilterBar = ({ label, children }: { label: string; children: ReactNode }) => (
  <search aria-label={label} className="flex flex-wrap items-end gap-2">
    {children}
  </search>
);

const control = "min-h-9 rounded-lg border border-line bg-paper px-3 text-sm text-ink placeholder:text-quiet";

/** A field to search in, whose name is only for screen readers. */
export const SearchField = ({ label, ...rest }: { label: string } & ComponentProps<"input">) => (
  <div className="relative min-w-36 flex-1">
    <Search size={16} aria-hidden className="absolute top-2.5 left-3 text-quiet" />
    <input
      type="search"
      aria-label={label}
      placeholder={label}
      className={`${control} w-full pl-9`}
      {...rest}
    />
  </div>
);

/** A small choice of one, its name above it. */
export const FilterSelect = ({ label, children, ...rest }: { label: string } & ComponentProps<"select">) => {
  const id = useId();
  return (
    <div className="grid gap-0.5">
      <label htmlFor={id} className="text-xs text-quiet">
        {label}
      </label>
      <select id={id} className={control} {...rest}>
        {children}
      </select>
    </div>
  );
};
