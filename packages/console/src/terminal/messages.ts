import { defineMessages } from "../i18n/define.ts";

export const terminalMessages = defineMessages({
  en: {
    "terminal.connecting": "Connecting…",
    "terminal.connected": "Connected",
    "terminal.lost": "Connection lost. Reconnecting…",
    "terminal.ended": "The terminal has ended.",
  },
  de: {
    "terminal.connecting": "Verbindung wird aufgebaut …",
    "terminal.connected": "Verbunden",
    "terminal.lost": "Verbindung verloren. Wird wieder aufgebaut …",
    "terminal.ended": "Das Terminal ist beendet.",
  },
});
