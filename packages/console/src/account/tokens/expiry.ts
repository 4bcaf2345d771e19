import { textOf } from "../../ui/form.tsx";

/** Days that a token may be good for. */
export const expiryDays = [7, 30, 90, 365] as const;

/** The moment that the fields of a form mean: the end of that many days from `now`; undefined for never. */
export const expiryOf = (form: FormData, now: Date): string | undefined => {
  const choice = String(form.get("expiry"));
  if (choice === "never") return undefined;
  if (choice === "date") {
    const date = textOf(form, "date");
    // The whole of the chosen day, where the person is.
    return date === undefined ? undefined : new Date(`${date}T23:59:59`).toISOString();
  }
  return new Date(now.getTime() + Number(choice) * 86_400_000).toISOString();
};
