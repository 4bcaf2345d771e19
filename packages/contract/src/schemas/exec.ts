import { z } from "zod";
import { opt } from "./common.ts";

const maxCommand = 128 * 1024;
const variable = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** A command to run in a workspace. */
export const execRequest = z
  .object({
    command: z
      .union([z.string().min(1).max(maxCommand), z.array(z.string().max(maxCommand)).min(1).max(1000)])
      .describe(
        "A line for the workspace's shell, or a program and its arguments, which no shell interprets.",
      ),
    stdin: opt(z.string().max(1 << 20)).describe(
      "Given to the command on its standard input. More goes over the WebSocket.",
    ),
    env: opt(
      z.record(z.string().regex(variable, "must be the name of a variable"), z.string().max(maxCommand)),
    ).describe("Further environment variables."),
    cwd: opt(z.string().min(1).max(4096)).describe("Directory to run in; the home directory when left out."),
    timeoutSeconds: opt(z.number().min(0.1).max(3600)).describe(
      "The command is ended after so long (default 60).",
    ),
    maxOutputBytes: opt(
      z
        .int()
        .min(0)
        .max(16 << 20),
    ).describe(
      "Bytes kept of each of stdout and stderr in a JSON answer (default 1 MiB); what is over is dropped.",
    ),
    encoding: opt(z.enum(["utf8", "base64"])).describe("How stdout and stderr are written (default utf8)."),
  })
  .meta({ id: "ExecRequest", description: "A command to run in a workspace." });

export const execResult = z
  .object({
    exitCode: z
      .int()
      .nullable()
      .describe(
        "127: not found; 126: not executable; 128 + n: ended by signal n; null: none, see `timedOut`.",
      ),
    stdout: z.string(),
    stderr: z.string(),
    stdoutTruncated: z.boolean(),
    stderrTruncated: z.boolean(),
    timedOut: z.boolean().describe("It was ended because its time was over."),
    durationMs: z.int(),
  })
  .meta({ id: "ExecResult", description: "What a command printed and how it ended." });

export type ExecRequestJson = z.output<typeof execRequest>;
export type ExecResultJson = z.output<typeof execResult>;
