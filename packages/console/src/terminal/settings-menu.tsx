import { Settings2 } from "lucide-react";
import { useI18n } from "../i18n/i18n.tsx";
import { IconButton } from "../ui/button.tsx";
import { Menu, MenuChoice } from "../ui/menu.tsx";
import { type Appearance, fontSizes, setAppearance } from "./appearance.ts";

/** How terminals look. */
export const SettingsMenu = ({ appearance }: { appearance: Appearance }) => {
  const { t } = useI18n();
  return (
    <Menu
      trigger={
        <IconButton label={t("terminal.settings")}>
          <Settings2 size={16} aria-hidden />
        </IconButton>
      }
    >
      <MenuChoice
        label={t("terminal.fontSize")}
        value={String(appearance.fontSize)}
        options={fontSizes.map((size) => [String(size), `${size} px`] as const)}
        onChange={(size) => setAppearance({ fontSize: Number(size) })}
      />
      <MenuChoice
        label={t("terminal.colours")}
        value={appearance.colours}
        options={(["dark", "light", "page"] as const).map(
          (choice) => [choice, t(`terminal.colours.${choice}`)] as const,
        )}
        onChange={(colours) => setAppearance({ colours })}
      />
      <MenuChoice
        label={t("terminal.screenReader")}
        value={appearance.screenReader ? "on" : "off"}
        options={(["on", "off"] as const).map((choice) => [choice, t(`terminal.${choice}`)] as const)}
        onChange={(choice) => setAppearance({ screenReader: choice === "on" })}
      />
    </Menu>
  );
};
