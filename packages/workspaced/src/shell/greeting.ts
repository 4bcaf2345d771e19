import type { InitScriptStatus } from "../init/init-scripts.ts";

const describe = (script: InitScriptStatus): string =>
  script.state === "failed" ? `failed (exit code ${script.exitCode})` : script.state;

/** The first text of a new shell: the splash, then the state of the init scripts when asked for. */
export const greeting = (splash: string | undefined, scripts: readonly InitScriptStatus[]): string => {
  let text = splash ?? "";
  if (text !== "" && !text.endsWith("\n")) text += "\n";
  for (const script of scripts) text += `init script ${script.name}: ${describe(script)}\n`;
  return text;
};
