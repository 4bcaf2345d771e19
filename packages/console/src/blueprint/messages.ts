import { defineMessages } from "../i18n/define.ts";

export const blueprintMessages = defineMessages({
  en: {
    "blueprint.title": "Check a blueprint",
    "blueprint.lead":
      "Write the .k8shell.yaml of a repository. The server checks it as you type, lays it over its template and shows what a workspace of it would be. Nothing is created.",
    "blueprint.editor": "Blueprint as YAML",
    "blueprint.keys": "Tab indents. To leave the editor by keyboard press Escape, then Tab.",
    "blueprint.reset": "Begin anew",
    "blueprint.line": "Line {line}",
    "blueprint.good": "The blueprint is right",
    "blueprint.result": "The workspace that it makes",
    "blueprint.template": "Template",
    "blueprint.description": "Description",
    "blueprint.image": "Image",
    "blueprint.cpu": "CPU",
    "blueprint.memory": "Memory",
    "blueprint.apps": "Apps",
    "blueprint.scripts": "Scripts at the start",
    "blueprint.env": "Variables",
    "blueprint.json": "All of it, as JSON",
  },
  de: {
    "blueprint.title": "Blueprint prüfen",
    "blueprint.lead":
      "Schreiben Sie die .k8shell.yaml eines Repositorys. Der Server prüft sie beim Tippen, legt sie über ihre Vorlage und zeigt, was für ein Workspace daraus würde. Es wird nichts angelegt.",
    "blueprint.editor": "Blueprint als YAML",
    "blueprint.keys": "Tab rückt ein. Um den Editor mit der Tastatur zu verlassen: Escape, dann Tab.",
    "blueprint.reset": "Neu beginnen",
    "blueprint.line": "Zeile {line}",
    "blueprint.good": "Der Blueprint ist richtig",
    "blueprint.result": "Der Workspace daraus",
    "blueprint.template": "Vorlage",
    "blueprint.description": "Beschreibung",
    "blueprint.image": "Image",
    "blueprint.cpu": "CPU",
    "blueprint.memory": "Speicher",
    "blueprint.apps": "Apps",
    "blueprint.scripts": "Skripte beim Start",
    "blueprint.env": "Variablen",
    "blueprint.json": "Alles, als JSON",
  },
});
