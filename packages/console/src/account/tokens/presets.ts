import type { MessageKey } from "../../i18n/messages.ts";

export interface Preset {
  readonly text: MessageKey;
  readonly hint: MessageKey;
  readonly scopes: readonly string[];
}

/** What people make tokens for. */
export const presets: readonly Preset[] = [
  {
    text: "tokens.preset.use",
    hint: "tokens.preset.use.hint",
    scopes: ["workspace:*:self", "session:list:self", "user:read:profile:self", "user:read:blueprints:self"],
  },
  {
    text: "tokens.preset.read",
    hint: "tokens.preset.read.hint",
    scopes: [
      "workspace:list:self",
      "workspace:read:self",
      "workspace:app:read:self",
      "session:list:self",
      "user:read:profile:self",
    ],
  },
  { text: "tokens.preset.all", hint: "tokens.preset.all.hint", scopes: ["*"] },
];
