import type { Client } from "@k8shell/sdk";
import type { Cli } from "../cli.ts";
import { CliError } from "../errors.ts";
import { isInteractive } from "../io.ts";
import { bar } from "../output/bar.ts";
import { plain } from "../output/table.ts";

/**
 * Shows a job until it has ended: a bar for people, lines elsewhere.
 * @throws CliError with the job's own words when it failed
 */
export const followJob = async (
  cli: Cli,
  client: Client,
  jobId: string,
  { title, events }: { title: string; events: boolean },
): Promise<void> => {
  const { stderr, signal } = cli.io;
  const drawn = isInteractive(stderr) && !events && !cli.print.json;
  let percent = 0;
  const result = await client.jobs.wait(jobId, {
    signal,
    onEvent({ type, status = "", message = "" }) {
      if (cli.print.json) return;
      if (type === "progress") percent = Number(status) || percent;
      if (drawn) stderr.write(`\r${title} ${bar(percent)}`);
      else if (events && type !== "progress")
        stderr.write(`${plain([status, message].filter(Boolean).join(": "))}\n`);
      else if (!events && type === "progress") stderr.write(`${percent}%\n`);
    },
  });
  if (drawn) stderr.write("\r\u001b[K");
  if (!result.succeeded) {
    throw new CliError(
      `${result.workspace ?? "The workspace"} did not start: ${plain(result.message) || result.status}`,
      {
        hint: `See everything: k8shell workspace job-events ${result.workspace ?? "NAME"}`,
      },
    );
  }
};
