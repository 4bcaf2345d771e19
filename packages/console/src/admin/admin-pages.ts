import { Blocks, Building2, Cable, ScrollText, ShieldHalf, UserPlus, Users } from "lucide-react";
import { useAllowed } from "../app/use-may.ts";
import type { SectionPage } from "../ui/section.tsx";

interface AdminPage extends SectionPage {
  /** Without this there is nothing to see there. */
  readonly action: string;
}

const pages = [
  { to: "/admin/users", text: "admin.users", icon: Users, action: "user:list" },
  { to: "/admin/organizations", text: "admin.organizations", icon: Building2, action: "org:list" },
  { to: "/admin/roles", text: "admin.roles", icon: ShieldHalf, action: "role:list" },
  { to: "/admin/onboarding", text: "admin.onboarding", icon: UserPlus, action: "onboardrule:list" },
  { to: "/admin/blueprints", text: "admin.blueprints", icon: Blocks, action: "blueprints:read" },
  { to: "/admin/audit", text: "admin.audit", icon: ScrollText, action: "audit:list" },
  { to: "/admin/connections", text: "admin.connections", icon: Cable, action: "audit:list" },
] as const satisfies readonly AdminPage[];

/** One of these makes somebody an administrator: everybody may list their organization's users and roles. */
const administering = [
  "user:create",
  "role:create",
  "org:create",
  "onboardrule:list",
  "blueprints:read",
  "audit:list",
];

/** The pages of the administration that the caller may use; none for those who administer nothing. */
export const useAdminPages = (): readonly SectionPage[] => {
  const allowed = useAllowed();
  if (!allowed || !administering.some((action) => allowed.has(action))) return [];
  return pages.filter(({ action }) => allowed.has(action));
};
