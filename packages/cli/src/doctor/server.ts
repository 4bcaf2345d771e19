import type { Client, Health } from "@k8shell/sdk";
import { toCliError } from "../errors.ts";
import { formatTime } from "../output/format.ts";
import { type Finding, failed, ok, warning } from "./check.ts";

const clockToleranceMs = 60_000;
const soonMs = 7 * 86_400_000;

const release = (version: string): string => version.split(".").slice(0, 2).join(".");

/** What the server says about itself. */
export const checkServer = async (client: Client, version: string): Promise<Finding[]> => {
  let health: Health;
  const asked = Date.now();
  try {
    health = await client.api.healthcheck();
  } catch (error) {
    const { message, hint } = toCliError(error);
    return [failed("server", message, hint ?? "Check the address of the context: k8shell context list")];
  }
  const answered = Date.now();
  const down = Object.entries(health.backends).filter(([, { status }]) => status === "down");
  const findings = [
    down.length === 0
      ? ok("server", `version ${health.version}, all services answer`)
      : warning(
          "server",
          `version ${health.version}; down: ${down.map(([name, { detail }]) => (detail ? `${name} (${detail})` : name)).join(", ")}`,
          "Tell the operator",
        ),
  ];
  const skew = Date.parse(health.time) - (asked + answered) / 2;
  findings.push(
    Math.abs(skew) <= clockToleranceMs
      ? ok("clock", "agrees with the server's")
      : warning(
          "clock",
          `${Math.round(Math.abs(skew) / 1000)} s ${skew > 0 ? "behind" : "ahead of"} the server's`,
          "Set this machine's clock (NTP): tokens and certificates depend on it",
        ),
  );
  findings.push(
    release(health.version) === release(version)
      ? ok("versions", `client ${version}, server ${health.version}`)
      : warning(
          "versions",
          `client ${version}, server ${health.version}`,
          "Both work together as far as both know a command; use the client of the server's version",
        ),
  );
  return findings;
};

/** Is the token good, whose is it, and for how long? */
export const checkToken = async (client: Client, token: string): Promise<Finding> => {
  if (token === "") return failed("token", "the context has none", "Sign in: k8shell login");
  try {
    const { username } = await client.api.getMyProfile();
    const mine = await client.api.listMyTokens().catch(() => []);
    const own = mine.find(({ tokenPreview }) => tokenPreview !== "" && token.startsWith(tokenPreview));
    if (!own) return ok("token", `valid, of ${username}`);
    const until = own.expiresAt ? Date.parse(own.expiresAt) : Number.POSITIVE_INFINITY;
    const detail = `"${own.name}" of ${username}, ${own.expiresAt ? `until ${formatTime(own.expiresAt)}` : "without an end"}`;
    return until - Date.now() < soonMs
      ? warning("token", detail, `Renew it: k8shell token renew ${own.name}`)
      : ok("token", detail);
  } catch (error) {
    const { message, hint } = toCliError(error);
    return failed("token", message, hint ?? "Sign in again: k8shell login");
  }
};
