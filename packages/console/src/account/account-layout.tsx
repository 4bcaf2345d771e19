import { Outlet } from "@tanstack/react-router";
import { Cable, Fingerprint, KeyRound, Lock, Palette, ShieldCheck, User, Variable } from "lucide-react";
import { useI18n } from "../i18n/i18n.tsx";
import { Section } from "../ui/section.tsx";

/** The parts of the account, with their icons. */
export const accountPages = [
  { to: "/account/profile", text: "account.profile", icon: User },
  { to: "/account/appearance", text: "account.appearance", icon: Palette },
  { to: "/account/password", text: "account.password", icon: Lock },
  { to: "/account/tokens", text: "account.tokens", icon: ShieldCheck },
  { to: "/account/keys", text: "account.keys", icon: Fingerprint },
  { to: "/account/credentials", text: "account.credentials", icon: KeyRound },
  { to: "/account/variables", text: "account.variables", icon: Variable },
  { to: "/account/connections", text: "account.connections", icon: Cable },
] as const;

/** The frame of the account's pages. */
export const AccountLayout = () => {
  const { t } = useI18n();
  return (
    <Section title={t("account.title")} pages={accountPages}>
      <Outlet />
    </Section>
  );
};
