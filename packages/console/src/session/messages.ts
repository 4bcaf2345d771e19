import { defineMessages } from "../i18n/define.ts";

export const sessionMessages = defineMessages({
  en: {
    "session.title": "Your session has ended",
    "session.text":
      "Sign in again as {name} to go on. This page stays as it is; what you were doing then goes through.",
    "session.password": "Password",
    "session.signIn": "Sign in",
    "session.with": "Sign in with {provider}",
    "session.newTab": "Opens a new tab; this page notices when you are done.",
    "session.leave": "Leave this page",
    "session.done.title": "You are signed in",
    "session.done.text": "You can close this tab and go on in the one that you came from.",
    "session.done.here": "Go on here",
  },
  de: {
    "session.title": "Ihre Sitzung ist beendet",
    "session.text":
      "Melden Sie sich wieder als {name} an, um weiterzumachen. Die Seite bleibt, wie sie ist; was Sie gerade tun wollten, geschieht dann.",
    "session.password": "Passwort",
    "session.signIn": "Anmelden",
    "session.with": "Anmelden mit {provider}",
    "session.newTab": "Öffnet einen neuen Tab; diese Seite merkt, wenn Sie fertig sind.",
    "session.leave": "Seite verlassen",
    "session.done.title": "Sie sind angemeldet",
    "session.done.text": "Sie können diesen Tab schließen und dort weitermachen, wo Sie herkamen.",
    "session.done.here": "Hier weitermachen",
  },
});
