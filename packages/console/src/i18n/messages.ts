import { accountMessages } from "../account/messages.ts";
import { tokenMessages } from "../account/tokens/messages.ts";
import { adminMessages } from "../admin/messages.ts";
import { appMessages } from "../app/messages.ts";
import { appsMessages } from "../apps/messages.ts";
import { blueprintMessages } from "../blueprint/messages.ts";
import { detailsMessages } from "../details/messages.ts";
import { filesMessages } from "../files/messages.ts";
import { liveMessages } from "../live/messages.ts";
import { paletteMessages } from "../palette/messages.ts";
import { sessionMessages } from "../session/messages.ts";
import { sessionsMessages } from "../sessions/messages.ts";
import { signInMessages } from "../sign-in/messages.ts";
import { terminalMessages } from "../terminal/messages.ts";
import { uiMessages } from "../ui/messages.ts";
import { variableMessages } from "../variables/messages.ts";
import { workspacePageMessages } from "../workspace/messages.ts";
import { workspaceMessages } from "../workspaces/messages.ts";

/** Every feature's words, one line each. */
export const en = {
  ...appMessages.en,
  ...signInMessages.en,
  ...workspaceMessages.en,
  ...terminalMessages.en,
  ...accountMessages.en,
  ...tokenMessages.en,
  ...adminMessages.en,
  ...blueprintMessages.en,
  ...liveMessages.en,
  ...paletteMessages.en,
  ...sessionMessages.en,
  ...variableMessages.en,
  ...uiMessages.en,
  ...workspacePageMessages.en,
  ...appsMessages.en,
  ...sessionsMessages.en,
  ...detailsMessages.en,
  ...filesMessages.en,
};

export type MessageKey = keyof typeof en;

export const de: Readonly<Record<MessageKey, string>> = {
  ...appMessages.de,
  ...signInMessages.de,
  ...workspaceMessages.de,
  ...terminalMessages.de,
  ...accountMessages.de,
  ...tokenMessages.de,
  ...adminMessages.de,
  ...blueprintMessages.de,
  ...liveMessages.de,
  ...paletteMessages.de,
  ...sessionMessages.de,
  ...variableMessages.de,
  ...uiMessages.de,
  ...workspacePageMessages.de,
  ...appsMessages.de,
  ...sessionsMessages.de,
  ...detailsMessages.de,
  ...filesMessages.de,
};
