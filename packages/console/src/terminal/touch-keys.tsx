import { ArrowDown, ArrowLeft, ArrowRight, ArrowUp } from "lucide-react";
import type { ReactNode } from "react";
import { useI18n } from "../i18n/i18n.tsx";
import { IconButton } from "../ui/button.tsx";
import type { Session } from "./session.ts";
import type { Modifiers, TouchKey } from "./touch-input.ts";
import { useSessionView } from "./use-session-view.ts";

const arrows = [
  ["left", ArrowLeft],
  ["down", ArrowDown],
  ["up", ArrowUp],
  ["right", ArrowRight],
] as const;

/** A row of the keys that the keyboards of touch screens lack. Ctrl and Alt hold for the next key. */
export const TouchKeys = ({ session }: { session: Session }) => {
  const { t } = useI18n();
  const view = useSessionView(session);
  if (view?.state.name !== "open" || view.state.info.role === "observer") return null;
  const button = (label: string, face: ReactNode, onClick: () => void, pressed?: boolean) => (
    <IconButton
      key={label}
      label={label}
      aria-pressed={pressed}
      className="min-h-11 grow border border-line bg-raised px-1! aria-pressed:bg-accent aria-pressed:text-on-accent"
      onClick={onClick}
    >
      {face}
    </IconButton>
  );
  const key = (name: TouchKey, face: ReactNode) =>
    button(t(`terminal.key.${name}`), face, () => session.press(name));
  const modifier = (name: keyof Modifiers) =>
    button(
      t(`terminal.key.${name}`),
      t(`terminal.key.${name}`),
      () => session.modify(name),
      view.modifiers[name],
    );
  return (
    <div
      role="toolbar"
      aria-label={t("terminal.keys")}
      className="flex gap-1 border-t border-line bg-sheet p-1"
      // The terminal keeps the focus, and so the keyboard stays on the screen.
      onPointerDown={(event) => event.preventDefault()}
      onMouseDown={(event) => event.preventDefault()}
    >
      {key("escape", t("terminal.key.escape"))}
      {key("tab", t("terminal.key.tab"))}
      {modifier("ctrl")}
      {modifier("alt")}
      {arrows.map(([name, Icon]) => key(name, <Icon size={16} aria-hidden />))}
    </div>
  );
};
