type LogMethod = (fields: Record<string, unknown>, message: string) => void;

/** The part of a structured logger (pino's shape) that packages below the gateway may use. Never log a secret. */
export interface Log {
  debug: LogMethod;
  info: LogMethod;
  warn: LogMethod;
  error: LogMethod;
}

/** Discards everything. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };
