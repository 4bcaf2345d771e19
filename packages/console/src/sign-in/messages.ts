import { defineMessages } from "../i18n/define.ts";

export const signInMessages = defineMessages({
  en: {
    "signIn.title": "Sign in to k8shell",
    "signIn.local": "Sign in",
    "signIn.with": "Sign in with {provider}",
    "signIn.none": "No sign-in provider is configured on this server.",
    "signIn.hint": "On your own machine, use the one-time link that the server printed when it started.",
    "signIn.expired": "Your session has ended. Sign in again to go on where you were.",
    "signIn.elsewhere": "You signed out in another tab.",
  },
  de: {
    "signIn.title": "Bei k8shell anmelden",
    "signIn.local": "Anmelden",
    "signIn.with": "Anmelden mit {provider}",
    "signIn.none": "Auf diesem Server ist keine Anmeldung eingerichtet.",
    "signIn.hint":
      "Auf dem eigenen Rechner: Benutzen Sie den Einmal-Link, den der Server beim Start ausgegeben hat.",
    "signIn.expired": "Ihre Sitzung ist beendet. Melden Sie sich wieder an, um weiterzumachen, wo Sie waren.",
    "signIn.elsewhere": "Sie haben sich in einem anderen Tab abgemeldet.",
  },
});
