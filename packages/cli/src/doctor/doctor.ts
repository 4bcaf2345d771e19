import { stat } from "node:fs/promises";
import type { Cli } from "../cli.ts";
import type { Context } from "../config/config-file.ts";
import { CliError, exitCodes, toCliError } from "../errors.ts";
import { plain } from "../output/table.ts";
import { type Finding, failed, ok, warning } from "./check.ts";
import { checkCertificate, checkConnection, checkName } from "./network.ts";
import { checkServer, checkToken } from "./server.ts";
import { examineServerConfig } from "./server-config.ts";

const leastNode = 22;

const checkNode = (): Finding => {
  const [major = ""] = process.versions.node.split(".");
  return Number(major) >= leastNode
    ? ok("node", process.version)
    : failed("node", `${process.version} is too old`, `Install Node ${leastNode} or later`);
};

const checkFile = async (path: string): Promise<Finding> => {
  try {
    const { mode } = await stat(path);
    return process.platform !== "win32" && (mode & 0o077) !== 0
      ? warning("file", `${path} can be read by others`, `It has tokens in it: chmod 600 ${path}`)
      : ok("file", path);
  } catch {
    return ok("file", `${path} is not there yet`);
  }
};

/** Each thing needs what is before it; what comes after a failure would only fail for the same reason. */
async function* examine(cli: Cli): AsyncGenerator<Finding> {
  yield ok("command", `k8shell ${cli.version}`);
  yield checkNode();
  let context: Context;
  try {
    const config = await cli.config();
    yield await checkFile(config.path);
    context = await cli.context();
  } catch (error) {
    const { message, hint } = toCliError(error);
    yield failed("context", message, hint ?? "Sign in: k8shell login --server ADDRESS");
    return;
  }
  yield ok("context", `${context.name}: ${context.server}`);
  const url = new URL(context.server);
  const insecure = context.insecure || cli.flags.insecure === true;
  const steps = [() => checkName(url), () => checkConnection(url), () => checkCertificate(url, insecure)];
  for (const step of steps) {
    const finding = await step();
    yield finding;
    if (finding.state === "failed") return;
  }
  const client = await cli.clientOf(context);
  const answers = await checkServer(client, cli.version);
  yield* answers;
  if (answers.some(({ state }) => state === "failed")) return;
  yield await checkToken(client, context.token);
}

export interface DoctorFlags {
  readonly serverConfig?: string;
}

/** Looks at everything between a person and the server, in the order in which it is needed. */
export const doctor = async (cli: Cli, { serverConfig }: DoctorFlags): Promise<void> => {
  if (serverConfig !== undefined) {
    process.exitCode = await examineServerConfig(serverConfig);
    return;
  }
  const { print } = cli;
  const findings: Finding[] = [];
  const marks = {
    ok: print.green("ok     "),
    warning: print.yellow("warning"),
    failed: print.red("failed "),
  };
  for await (const finding of examine(cli)) {
    findings.push(finding);
    if (print.json) continue;
    await print.line(`${marks[finding.state]}  ${finding.check.padEnd(11)}  ${plain(finding.detail)}`);
    if (finding.fix) await print.line(`${" ".repeat(22)}${plain(finding.fix)}`);
  }
  if (print.json) await print.value(findings);
  const wrong = findings.filter(({ state }) => state === "failed");
  if (wrong.length > 0) {
    throw new CliError(`Not well: ${wrong.map(({ check }) => check).join(", ")}.`, {
      hint: "Do what is written below what failed, and run this again",
      exitCode: exitCodes.failed,
    });
  }
};
