import { defineMessages } from "../i18n/define.ts";

export const paletteMessages = defineMessages({
  en: {
    "palette.title": "Go to a page or a workspace",
    "palette.find": "Type a name…",
    "palette.none": "Nothing has this name.",
    "palette.actions": "Actions",
    "palette.theme": "Theme: {theme}",
    "palette.language": "Language: {language}",
  },
  de: {
    "palette.title": "Zu einer Seite oder einem Workspace gehen",
    "palette.find": "Namen tippen …",
    "palette.none": "Nichts heißt so.",
    "palette.actions": "Aktionen",
    "palette.theme": "Farbschema: {theme}",
    "palette.language": "Sprache: {language}",
  },
});
