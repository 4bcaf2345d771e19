import type { WorkspaceDetails } from "@k8shell/sdk";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { Group, Panel, Separator } from "react-resizable-panels";
import "@xterm/xterm/css/xterm.css";
import { useShownTheme } from "../app/theme.ts";
import { useMay } from "../app/use-may.ts";
import { useMedia } from "../app/use-media.ts";
import { FilesPanel } from "../files/files-panel.tsx";
import { useI18n } from "../i18n/i18n.tsx";
import { Button } from "../ui/button.tsx";
import { Empty } from "../ui/page.tsx";
import { useToasts } from "../ui/toast.tsx";
import { useRefresh } from "../ui/use-refresh.ts";
import { coloursOf, useAppearance } from "./appearance.ts";
import { CloseDialog } from "./close-dialog.tsx";
import { allTerminals, type Direction, focusedTerminal, terminalsOf } from "./layout.ts";
import { openLink } from "./links.ts";
import { PaneTree } from "./pane-tree.tsx";
import { PaneView } from "./pane-view.tsx";
import { terminalsQuery } from "./queries.ts";
import { SearchBar } from "./search-bar.tsx";
import { createSession } from "./session.ts";
import { StatusBar } from "./status-bar.tsx";
import { TabStrip } from "./tab-strip.tsx";
import { TerminalsDialog } from "./terminals-dialog.tsx";
import { FilesToggle, Toolbar } from "./toolbar.tsx";
import { TouchKeys } from "./touch-keys.tsx";
import { useSessionView } from "./use-session-view.ts";
import { useTerminals } from "./use-terminals.ts";

const filesKey = "k8shell-files-shown";

/** The terminals of a workspace and its files beside them. */
export const TerminalArea = ({ workspace, shown }: { workspace: WorkspaceDetails; shown: boolean }) => {
  const { t } = useI18n();
  const toasts = useToasts();
  const appearance = useAppearance();
  const theme = coloursOf(appearance, useShownTheme());
  const narrow = useMedia("(width < 40rem)");
  const touch = useMedia("(pointer: coarse)");
  const may = useMay(workspace.username);
  const { name } = workspace;
  const refreshList = useRefresh(terminalsQuery(name).queryKey);
  const [closing, setClosing] = useState<string>();
  const [finding, setFinding] = useState(false);
  const [listing, setListing] = useState(false);
  const [files, setFiles] = useState(() => !narrow && localStorage.getItem(filesKey) !== "no");
  const act = useRef({ find() {}, leave() {}, open() {}, splitRight() {}, splitDown() {} });

  const terminals = useTerminals(name, (spec) =>
    createSession({
      workspace: name,
      spec,
      theme,
      fontSize: appearance.fontSize,
      screenReader: appearance.screenReader,
      label: t("terminal.label"),
      keys: {
        find: () => act.current.find(),
        leave: () => act.current.leave(),
        open: () => act.current.open(),
        splitRight: () => act.current.splitRight(),
        splitDown: () => act.current.splitDown(),
      },
      openLink: (url) => void openLink(name, url).catch(toasts.fail),
    }),
  );
  const { layout, session } = terminals;
  const tab = layout.tabs.find(({ id }) => id === layout.shown);
  const focused = focusedTerminal(layout);
  const current = focused && session(focused.id);
  const view = useSessionView(current);

  const refusal = may("workspace:connect:webshell").refusal;
  const { data: listed } = useQuery({
    ...terminalsQuery(name),
    enabled: shown && !refusal,
  });
  const detached = listed?.filter(({ state }) => state === undefined).length ?? 0;
  const openHere = new Set(
    allTerminals(layout).flatMap(({ id }) => {
      const state = session(id)?.view().state;
      return state?.name === "open" ? [state.info.id] : [];
    }),
  );

  const splitHere = (direction: Direction) => {
    if (focused) terminals.split(focused.id, direction);
    else terminals.open();
  };
  const close = (id: string) => {
    const state = session(id)?.view().state;
    // Nothing runs that could be lost or left.
    if (!state || state.name === "closed") terminals.remove(id);
    else setClosing(id);
  };
  const actions = {
    open: () => terminals.open(),
    splitRight: () => splitHere("right"),
    splitDown: () => splitHere("down"),
    find: () => setFinding(true),
    list: () => setListing(true),
  };
  act.current = {
    ...actions,
    leave: () => document.getElementById(`terminal-tab-${layout.shown}`)?.focus(),
  };

  useEffect(() => {
    for (const { id } of allTerminals(layout)) {
      session(id)?.look(theme, appearance.fontSize, appearance.screenReader);
    }
  }, [layout, session, theme, appearance]);

  const toggleFiles = () => {
    localStorage.setItem(filesKey, files ? "no" : "yes");
    setFiles(!files);
  };
  const closingSession = closing === undefined ? undefined : session(closing);
  const removeClosed = () => {
    if (closing !== undefined) terminals.remove(closing);
    setClosing(undefined);
    void refreshList();
  };

  const screens = (
    <section
      id="terminal-panes"
      role="tabpanel"
      aria-labelledby={tab ? `terminal-tab-${tab.id}` : undefined}
      className="relative size-full"
      style={{ background: theme.background }}
    >
      {tab ? (
        <PaneTree
          pane={tab.pane}
          render={({ id }) => {
            const made = session(id);
            return made ? (
              <PaneView
                key={id}
                session={made}
                shown={shown}
                focused={focused?.id === id}
                alone={terminalsOf(tab.pane).length === 1}
                onFocus={() => terminals.focus(id)}
                onRenew={() => terminals.renew(id)}
                onClose={() => close(id)}
              />
            ) : null;
          }}
        />
      ) : (
        <div className="grid size-full content-center bg-paper p-6">
          <Empty title={t("terminal.none")}>
            <p>{t("terminal.none.text")}</p>
            <Button tone="primary" refusal={refusal} onClick={actions.open}>
              {t("terminal.open")}
            </Button>
          </Empty>
        </div>
      )}
      {finding && current ? <SearchBar session={current} onClose={() => setFinding(false)} /> : null}
    </section>
  );
  const filesPanel = (
    <FilesPanel
      workspace={workspace}
      shown={shown}
      directory={view?.directory}
      onType={(text) => {
        current?.terminal.write(text);
        current?.focus();
      }}
    />
  );

  return (
    <div className="absolute inset-0 flex flex-col">
      <div className="flex items-center gap-1 border-b border-line px-2 py-1">
        <FilesToggle shown={files} onToggle={toggleFiles} />
        <TabStrip
          tabs={layout.tabs}
          shown={layout.shown}
          session={session}
          onSelect={terminals.focus}
          onClose={close}
          onRename={terminals.rename}
        />
        <Toolbar actions={actions} detached={detached} refusal={refusal} appearance={appearance} />
      </div>
      <div className="relative min-h-0 grow">
        {narrow ? (
          <div className="absolute inset-0">{files ? filesPanel : screens}</div>
        ) : (
          <Group orientation="horizontal" className="absolute inset-0">
            {files ? (
              <>
                <Panel
                  id="files"
                  defaultSize="280px"
                  minSize="180px"
                  maxSize="60%"
                  groupResizeBehavior="preserve-pixel-size"
                >
                  {filesPanel}
                </Panel>
                <Separator
                  aria-label={t("terminal.border")}
                  className="w-1 bg-line hover:bg-accent focus-visible:bg-accent"
                />
              </>
            ) : null}
            <Panel id="screens" minSize="30%">
              {screens}
            </Panel>
          </Group>
        )}
      </div>
      {touch && current && !(narrow && files) ? <TouchKeys session={current} /> : null}
      <StatusBar session={current} />
      {closingSession ? (
        <CloseDialog session={closingSession} onCancel={() => setClosing(undefined)} onDone={removeClosed} />
      ) : null}
      {listing ? (
        <TerminalsDialog
          workspace={name}
          openHere={openHere}
          onOpen={terminals.open}
          onClose={() => setListing(false)}
        />
      ) : null}
    </div>
  );
};
