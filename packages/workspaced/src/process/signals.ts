import { constants } from "node:os";

/** Signal numbers by name, e.g. SIGTERM -> 15. */
const numbers: Readonly<Record<string, number>> = constants.signals;

const isSignal = (name: string): name is NodeJS.Signals => Object.hasOwn(numbers, name);

/** Parses `TERM` (the SSH form), `SIGTERM` or `15`; undefined when it is no signal. */
export const parseSignal = (text: string): NodeJS.Signals | undefined => {
  const upper = text.trim().toUpperCase();
  const byNumber = Object.entries(numbers).find(([, value]) => String(value) === upper)?.[0];
  const name = byNumber ?? (upper.startsWith("SIG") ? upper : `SIG${upper}`);
  return isSignal(name) ? name : undefined;
};

/** The shell's convention for a process ended by a signal: 128 + its number. */
export const signalExitCode = (signal: NodeJS.Signals): number => 128 + (numbers[signal] ?? 0);

/**
 * Sends a signal to a process (positive id) or a process group (negative id).
 * @returns false when nothing received it: gone, or another user's
 */
export const sendSignal = (target: number, signal: NodeJS.Signals): boolean => {
  // 0, -1 and 1 would reach the daemon's own group, everything, or init.
  if (!Number.isInteger(target) || Math.abs(target) <= 1) return false;
  try {
    process.kill(target, signal);
    return true;
  } catch {
    return false;
  }
};
