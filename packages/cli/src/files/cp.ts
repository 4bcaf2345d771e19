import type { Cli } from "../cli.ts";
import { CliError, exitCodes } from "../errors.ts";
import { write } from "../io.ts";
import { formatBytes } from "../output/format.ts";
import { clientFor } from "../workspace/find.ts";
import { download, downloadStream } from "./download.ts";
import { createProgress } from "./progress.ts";
import type { Remote } from "./remote.ts";
import { stateDir } from "./state-dir.ts";
import { upload, uploadStream } from "./upload.ts";
import { parsePlace } from "./workspace-path.ts";

/** Standard input or output. */
const stream = "-";

/** Copies between this machine and a workspace. */
export const cp = async (cli: Cli, source: string, target: string): Promise<void> => {
  const [from, to] = [parsePlace(source), parsePlace(target)];
  const wanted = from.kind === "workspace" ? from : to.kind === "workspace" ? to : undefined;
  if (!wanted || from.kind === to.kind) {
    throw new CliError(wanted ? "Both places are in workspaces." : "Neither place is in a workspace.", {
      hint: "k8shell workspace cp FILE WORKSPACE:PATH, or k8shell workspace cp WORKSPACE:PATH FILE",
      exitCode: exitCodes.usage,
    });
  }
  const { client, name } = await clientFor(cli, wanted.workspace);
  const remote: Remote = { client, name, signal: cli.io.signal };
  const progress = createProgress(cli);
  try {
    if (from.kind === "local") {
      if (from.path === stream) await uploadStream(remote, cli.io.stdin, to.path, progress);
      else await upload(remote, from.path, to.path, stateDir(cli.io.env), progress);
    } else if (to.path === stream) {
      await downloadStream(remote, from.path, (data) => write(cli.io.stdout, data), progress);
    } else await download(remote, from.path, to.path, progress);
  } catch (error) {
    progress.end();
    if (cli.io.signal.aborted) cli.print.note("Not complete. The same command goes on with it.");
    throw error;
  }
  progress.end();
  const { files, bytes, left } = progress;
  if (cli.print.json && to.path !== stream) await cli.print.value({ files, bytes, leftOut: left });
  else cli.print.note(`${files} file${files === 1 ? "" : "s"}, ${formatBytes(bytes)}`);
};
