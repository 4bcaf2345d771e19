import { FitAddon } from "@xterm/addon-fit";
import { Terminal } from "@xterm/xterm";
import { useEffect, useRef, useState } from "react";
import "@xterm/xterm/css/xterm.css";
import { getRouteApi } from "@tanstack/react-router";
import { useI18n } from "../i18n/i18n.tsx";
import type { MessageKey } from "../i18n/messages.ts";
import { type CloudshellSocket, openCloudshell } from "./cloudshell-socket.ts";
import { tabIdOf } from "./tab-id.ts";

const longestRetryMs = 5000;

/** Keeps a terminal on `screen` connected until the shell ends or the returned function is called. */
const runTerminal = (
  screen: HTMLElement,
  workspace: string,
  onState: (key: MessageKey, words?: string) => void,
): (() => void) => {
  const terminal = new Terminal({
    cursorBlink: true,
    scrollback: 10_000,
    fontSize: 14,
    theme: { background: "#0f141a" },
  });
  const fit = new FitAddon();
  terminal.loadAddon(fit);
  let socket: CloudshellSocket | undefined;
  let retryMs = 250;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let left = false;
  let reconnecting = false;

  const connect = () => {
    socket = openCloudshell(
      { workspace, tab: tabIdOf(workspace), cols: terminal.cols, rows: terminal.rows },
      {
        onOpen: () => {
          onState("terminal.connected");
          retryMs = 250;
          // The server replays what the shell printed, so the old screen must go first.
          if (reconnecting) terminal.reset();
          socket?.send({ case: "terminalResize", value: { cols: terminal.cols, rows: terminal.rows } });
        },
        onMessage: (payload) => {
          if (payload.case === "terminalOutput") terminal.write(payload.value.data);
          if (payload.case === "terminalError")
            terminal.write(`\r\n\x1b[31m${payload.value.data}\x1b[0m\r\n`);
        },
        onClose: (final, reason) => {
          if (left) return;
          if (final) {
            onState("terminal.ended", reason);
            return;
          }
          onState("terminal.lost");
          reconnecting = true;
          retry = setTimeout(connect, retryMs);
          retryMs = Math.min(retryMs * 2, longestRetryMs);
        },
      },
    );
  };

  const resized = new ResizeObserver(() => fit.fit());
  terminal.open(screen);
  fit.fit();
  resized.observe(screen);
  terminal.onData((data) => socket?.send({ case: "terminalInput", value: { data } }));
  terminal.onResize(({ cols, rows }) => socket?.send({ case: "terminalResize", value: { cols, rows } }));
  terminal.focus();
  connect();
  return () => {
    left = true;
    clearTimeout(retry);
    resized.disconnect();
    socket?.close();
    terminal.dispose();
  };
};

const route = getRouteApi("/signed-in/workspaces/$name");

export const TerminalPage = () => {
  const { t } = useI18n();
  const { name } = route.useParams();
  const screen = useRef<HTMLDivElement>(null);
  const [state, setState] = useState<{ key: MessageKey; words?: string | undefined }>({
    key: "terminal.connecting",
  });
  useEffect(() => {
    document.title = `${name} · k8shell`;
    if (!screen.current) return;
    return runTerminal(screen.current, name, (key, words) => setState({ key, words }));
  }, [name]);
  return (
    <div className="flex grow flex-col gap-2 p-2">
      <div className="flex items-center gap-3 px-2">
        <h1 className="font-semibold">{name}</h1>
        <span role="status" className="text-sm text-quiet">
          {state.words || t(state.key)}
        </span>
      </div>
      <div ref={screen} className="min-h-80 grow rounded-lg bg-[#0f141a] p-2" />
    </div>
  );
};
