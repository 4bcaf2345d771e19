import type { ReactNode } from "react";
import { Group, Panel, Separator } from "react-resizable-panels";
import { useI18n } from "../i18n/i18n.tsx";
import type { Pane, TerminalSpec } from "./layout.ts";

/** Terminals beside and below each other; the borders between them can be moved. */
export const PaneTree = ({ pane, render }: { pane: Pane; render(terminal: TerminalSpec): ReactNode }) => {
  const { t } = useI18n();
  if (pane.kind === "terminal") return render(pane.terminal);
  const beside = pane.direction === "right";
  return (
    <Group orientation={beside ? "horizontal" : "vertical"} className="size-full">
      <Panel minSize="10%">
        <PaneTree pane={pane.first} render={render} />
      </Panel>
      <Separator
        aria-label={t("terminal.border")}
        className={
          beside
            ? "w-1 bg-line hover:bg-accent focus-visible:bg-accent"
            : "h-1 bg-line hover:bg-accent focus-visible:bg-accent"
        }
      />
      <Panel minSize="10%">
        <PaneTree pane={pane.second} render={render} />
      </Panel>
    </Group>
  );
};
