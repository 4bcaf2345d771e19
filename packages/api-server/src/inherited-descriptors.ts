import { closeSync, readdirSync, readFileSync } from "node:fs";

const closeOnExec = 0o2_000_000;

/** Open descriptors, beside the standard ones, that a program started by this process would get too (proc(5)). */
const inheritable = (): number[] => {
  const found: number[] = [];
  for (const name of readdirSync("/proc/self/fdinfo")) {
    try {
      const flags = /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${name}`, "latin1"))?.[1];
      if (Number(name) > 2 && flags !== undefined && (Number.parseInt(flags, 8) & closeOnExec) === 0)
        found.push(Number(name));
    } catch {
      // The descriptor of the directory listing itself is closed by now.
    }
  }
  return found;
};

/**
 * Closes what whoever started this process left open in it: it would be passed on into every workspace. Node opens
 * nothing that can be inherited, and protects low inherited descriptors only. Call it before anything else is opened.
 */
export const closeInheritedDescriptors = (): void => {
  try {
    for (const descriptor of inheritable()) closeSync(descriptor);
  } catch {
    // Without /proc there are no sandboxes either.
  }
};
