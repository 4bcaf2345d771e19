import type { UserProfile } from "@k8shell/sdk";
import { stateOf, type UserState } from "./user-state.tsx";

export interface UserFilter {
  /** Part of a username, name or e-mail address. */
  readonly text: string;
  readonly organization: string;
  readonly role: string;
  readonly state: UserState | "";
}

export const noFilter: UserFilter = { text: "", organization: "", role: "", state: "" };

/** Those whom a filter leaves, by username. */
export const filterUsers = (users: readonly UserProfile[], filter: UserFilter): UserProfile[] => {
  const text = filter.text.trim().toLowerCase();
  return users
    .filter(
      (user) =>
        (text === "" || `${user.username}\n${user.fullname}\n${user.email}`.toLowerCase().includes(text)) &&
        (filter.organization === "" || user.organization === filter.organization) &&
        (filter.role === "" || user.roles.includes(filter.role)) &&
        (filter.state === "" || stateOf(user) === filter.state),
    )
    .sort((left, right) => left.username.localeCompare(right.username));
};
