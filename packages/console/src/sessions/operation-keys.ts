import type { MessageKey } from "../i18n/messages.ts";

/** The words for each operation of a session (`operations` of the API). */
export const operationKeys: Readonly<Partial<Record<string, MessageKey>>> = {
  sh: "sessions.operation.shell",
  pt: "sessions.operation.shell",
  pf: "sessions.operation.forward",
  sf: "sessions.operation.files",
  sc: "sessions.operation.files",
  ex: "sessions.operation.exec",
  se: "sessions.operation.exec",
  af: "sessions.operation.agent",
};
