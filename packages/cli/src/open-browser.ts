import { spawn } from "node:child_process";

const programs: Readonly<Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>>> = {
  darwin: ["open"],
  win32: ["rundll32", "url.dll,FileProtocolHandler"],
};

/**
 * Opens an address in the person's browser. `BROWSER` names the program to use.
 * @returns false where there is no browser to open, as on a machine without a display
 */
export const openBrowser = (
  address: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<boolean> => {
  const chosen = env.BROWSER ? ([env.BROWSER] as const) : programs[process.platform];
  if (!chosen && !env.DISPLAY && !env.WAYLAND_DISPLAY) return Promise.resolve(false);
  const [program, ...args] = chosen ?? ["xdg-open"];
  return new Promise((resolve) => {
    const child = spawn(program, [...args, address], { stdio: "ignore", detached: true });
    child.once("error", () => resolve(false));
    child.once("spawn", () => {
      child.unref();
      resolve(true);
    });
  });
};
