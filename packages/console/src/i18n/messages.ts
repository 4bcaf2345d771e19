import { appMessages } from "../app/messages.ts";
import { signInMessages } from "../sign-in/messages.ts";
import { terminalMessages } from "../terminal/messages.ts";
import { workspaceMessages } from "../workspaces/messages.ts";

/** Every feature's words, one line each. */
export const en = {
  ...appMessages.en,
  ...signInMessages.en,
  ...workspaceMessages.en,
  ...terminalMessages.en,
};

export type MessageKey = keyof typeof en;

export const de: Readonly<Record<MessageKey, string>> = {
  ...appMessages.de,
  ...signInMessages.de,
  ...workspaceMessages.de,
  ...terminalMessages.de,
};
