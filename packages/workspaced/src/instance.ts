import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * A name for this workspace that no other one on the machine has. It is kept in the state directory, so that a
 * daemon started again recognizes processes its predecessor left.
 */
export const readInstance = (stateDir: string): string => {
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  const file = join(stateDir, "instance");
  try {
    const known = readFileSync(file, "utf8").trim();
    if (/^[0-9a-f]{32}$/.test(known)) return known;
  } catch {
    // The first start.
  }
  const instance = randomBytes(16).toString("hex");
  writeFileSync(file, `${instance}\n`, { mode: 0o600 });
  return instance;
};
