import { CliError, exitCodes } from "../errors.ts";

const seconds: Readonly<Record<string, number>> = { m: 60, h: 3600, d: 86_400, w: 604_800, y: 31_536_000 };

/**
 * The moment that `30d`, `12h`, `2w` from now, or a date stands for; undefined for `never`.
 * @throws CliError
 */
export const parseExpiry = (text: string, now = Date.now()): string | undefined => {
  if (text === "never") return undefined;
  const match = /^(\d{1,5})([mhdwy])$/.exec(text);
  const ms = match ? now + Number(match[1]) * (seconds[match[2] ?? ""] ?? 0) * 1000 : Date.parse(text);
  if (!Number.isNaN(ms) && ms > now) return new Date(ms).toISOString();
  throw new CliError(`"${text}" is not a time to come.`, {
    hint: "Write 12h, 30d, 8w, 1y, a date like 2030-01-31, or never",
    exitCode: exitCodes.usage,
  });
};
