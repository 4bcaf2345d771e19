/** Days that a token may be good for. */
export const expiryDays = [7, 30, 90, 365] as const;

export type ExpiryChoice = `${(typeof expiryDays)[number]}` | "never" | "date";

/** The moment that a choice means: the end of that many days from `now`; undefined for never. */
export const expiryOf = (choice: string, date: string | undefined, now: Date): string | undefined => {
  if (choice === "never") return undefined;
  if (choice === "date") {
    // The whole of the chosen day, where the person is.
    return date === undefined ? undefined : new Date(`${date}T23:59:59`).toISOString();
  }
  return new Date(now.getTime() + Number(choice) * 86_400_000).toISOString();
};
