import { defineMessages } from "../i18n/define.ts";

export const workspacePageMessages = defineMessages({
  en: {
    "workspace.back": "Back to the list",
    "workspace.parts": "Parts of the workspace",
    "workspace.terminal": "Terminal and files",
    "workspace.apps": "Apps",
    "workspace.sessions": "Sessions",
    "workspace.details": "Details",
    "workspace.gone": "There is no workspace {name}",
    "workspace.gone.text": "It was deleted, or it never existed.",
    "workspace.notRunning": "The workspace is not running",
    "workspace.notRunning.text": "Its files are kept. Start it to open a terminal.",
    "workspace.underWay": "The workspace is starting",
    "workspace.stopping": "The workspace is being stopped",
    "workspace.terminating": "The workspace is being deleted",
    "workspace.lost.terminals": "Terminals that end: {count}",
    "workspace.lost.apps": "Apps that end: {names}",
  },
  de: {
    "workspace.back": "Zurück zur Liste",
    "workspace.parts": "Teile des Workspace",
    "workspace.terminal": "Terminal und Dateien",
    "workspace.apps": "Apps",
    "workspace.sessions": "Sitzungen",
    "workspace.details": "Details",
    "workspace.gone": "Es gibt keinen Workspace {name}",
    "workspace.gone.text": "Er wurde gelöscht, oder es gab ihn nie.",
    "workspace.notRunning": "Der Workspace läuft nicht",
    "workspace.notRunning.text":
      "Seine Dateien bleiben erhalten. Starten Sie ihn, um ein Terminal zu öffnen.",
    "workspace.underWay": "Der Workspace startet",
    "workspace.stopping": "Der Workspace wird gestoppt",
    "workspace.terminating": "Der Workspace wird gelöscht",
    "workspace.lost.terminals": "Terminals, die enden: {count}",
    "workspace.lost.apps": "Apps, die enden: {names}",
  },
});
