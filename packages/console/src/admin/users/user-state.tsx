import type { UserProfile } from "@k8shell/sdk";
import { useI18n } from "../../i18n/i18n.tsx";
import { Badge } from "../../ui/badge.tsx";

export const userStates = ["active", "locked", "invalid"] as const;
export type UserState = (typeof userStates)[number];

/** Whether somebody can use their account: it may be locked, or expired and invalid for other reasons. */
export const stateOf = ({ account_locked, is_valid }: UserProfile): UserState =>
  account_locked ? "locked" : is_valid ? "active" : "invalid";

const tones = { active: "good", locked: "danger", invalid: "warn" } as const;

export const UserStateBadge = ({ user }: { user: UserProfile }) => {
  const { t } = useI18n();
  const state = stateOf(user);
  return <Badge tone={tones[state]}>{t(`admin.users.state.${state}`)}</Badge>;
};
