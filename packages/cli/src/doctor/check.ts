/** How one thing is. */
export interface Finding {
  /** What was looked at. */
  readonly check: string;
  readonly state: "ok" | "warning" | "failed";
  /** What was found. */
  readonly detail: string;
  /** What to do about it. */
  readonly fix?: string;
}

export const ok = (check: string, detail: string): Finding => ({ check, state: "ok", detail });
export const warning = (check: string, detail: string, fix: string): Finding => ({
  check,
  state: "warning",
  detail,
  fix,
});
export const failed = (check: string, detail: string, fix: string): Finding => ({
  check,
  state: "failed",
  detail,
  fix,
});
