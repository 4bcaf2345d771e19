import type { Log } from "@k8shell/contract";
import type { LogLevelName, LogRing } from "./log-ring.ts";

/** Makes the logger of one part of the daemon. */
export type ComponentLog = (component: string) => Log;

/** Longest message kept, characters. */
const maxMessage = 8192;

const render = (fields: Record<string, unknown>, message: string): string => {
  let text = message;
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    const shown =
      value instanceof Error ? value.message : typeof value === "string" ? value : JSON.stringify(value);
    text += ` ${name}=${shown}`;
  }
  return text.slice(0, maxMessage);
};

/**
 * Loggers that keep their entries in the ring, for GetLogsPage and GetLogsStream, and write them as JSON lines.
 * @param write takes one line without its newline, e.g. to standard error
 */
export const createDaemonLog = (ring: LogRing, write: (line: string) => void): ComponentLog => {
  return (component) => {
    const at = (level: LogLevelName) => (fields: Record<string, unknown>, message: string) => {
      const entry = { time: new Date().toISOString(), component, level, message: render(fields, message) };
      ring.push(entry);
      write(JSON.stringify(entry));
    };
    return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
  };
};
