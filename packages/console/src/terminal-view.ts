import { FitAddon } from "@xterm/addon-fit";
import { Terminal } from "@xterm/xterm";
import { type CloudshellSocket, openCloudshell } from "./cloudshell-socket.ts";
import { element, show } from "./dom.ts";

const longestRetryMs = 5000;

/** One id per browser tab and workspace: a reload finds the same shell again. */
const tabOf = (workspace: string): string => {
  const key = `tab:${workspace}`;
  const known = sessionStorage.getItem(key);
  if (known) return known;
  const made = [...crypto.getRandomValues(new Uint8Array(8))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");
  sessionStorage.setItem(key, made);
  return made;
};

/** Shows a terminal of a workspace. Reconnects by itself until the shell ends or the view is left. */
export const showTerminal = (workspace: string, leave: () => void): void => {
  const state = element("span", { className: "quiet", role: "status" }, "Connecting…");
  const screen = element("div", { className: "terminal" });
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
      { workspace, tab: tabOf(workspace), cols: terminal.cols, rows: terminal.rows },
      {
        onOpen: () => {
          state.textContent = "Connected";
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
            state.textContent = reason || "The terminal has ended.";
            return;
          }
          state.textContent = "Connection lost. Reconnecting…";
          reconnecting = true;
          retry = setTimeout(connect, retryMs);
          retryMs = Math.min(retryMs * 2, longestRetryMs);
        },
      },
    );
  };

  const resized = new ResizeObserver(() => fit.fit());
  const close = () => {
    left = true;
    clearTimeout(retry);
    resized.disconnect();
    socket?.close();
    terminal.dispose();
    leave();
  };

  show(
    { title: workspace, wide: true },
    element(
      "div",
      { className: "row terminal-bar" },
      element("button", { type: "button", onclick: close }, "← Workspaces"),
      element("strong", {}, workspace),
      state,
    ),
    screen,
  );
  terminal.open(screen);
  fit.fit();
  resized.observe(screen);
  terminal.onData((data) => socket?.send({ case: "terminalInput", value: { data } }));
  terminal.onResize(({ cols, rows }) => socket?.send({ case: "terminalResize", value: { cols, rows } }));
  terminal.focus();
  connect();
};
