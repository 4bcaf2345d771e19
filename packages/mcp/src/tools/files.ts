import type { Client } from "@k8shell/sdk";
import type { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { z } from "zod";
import { readText } from "../read-text.ts";
import { answer, dataResult, fitting, refusal, textResult } from "../result.ts";
import { path, workspaceName } from "./fields.ts";

/** Bytes of a file that one call reads at most. */
const maxRead = 48 * 1024;
/** Characters of a file that one call writes at most: with what JSON adds, a request holds them (1 MiB). */
const maxWritten = 768 * 1024;
const maxEntries = 500;
const maxMatches = 200;
const searchSeconds = 30;

export const addFileTools = (server: McpServer, client: Client): void => {
  const { api } = client;

  server.registerTool(
    "list_files",
    {
      title: "List files",
      description: `Lists a directory, at most ${maxEntries} entries.`,
      inputSchema: {
        workspace: workspaceName,
        path: path.default("."),
        hidden: z.boolean().optional().describe("Show names that begin with a dot."),
      },
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    ({ workspace, path: directory, hidden }, { signal }) =>
      answer(async () => {
        const list = await api.listFiles({ name: workspace, path: directory, hidden }, { signal });
        const entries = fitting(
          list.entries.slice(0, maxEntries).map(({ name, type, isDir, size, mode, modTime, target }) => ({
            ...{ name, type, isDir, size, mode, modTime },
            ...(target === undefined ? {} : { target }),
          })),
        );
        return dataResult({ ...list, entries, leftOut: list.entries.length - entries.length });
      }),
  );

  server.registerTool(
    "read_file",
    {
      title: "Read a file",
      description: `Reads a text file, or a part of it, at most ${maxRead} bytes per call.`,
      inputSchema: {
        workspace: workspaceName,
        path,
        offset: z.int().min(0).default(0).describe("First byte to read."),
        length: z.int().min(1).max(maxRead).default(maxRead).describe("Bytes to read at most."),
      },
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    ({ workspace, path: file, offset, length }, { signal }) =>
      answer(async () => {
        const info = await api.statFile({ name: workspace, path: file }, { signal });
        if (info.size === 0 || offset >= info.size) return textResult("");
        const { body } = await client
          .files(workspace)
          .download(file, { range: { start: offset, end: Math.min(offset + length, info.size) }, signal });
        const bytes = new Uint8Array(await new Response(body).arrayBuffer());
        if (bytes.includes(0)) return refusal(`${file} is not a text file (${info.size} bytes).`);
        const { text, used, isExact } = readText(bytes, offset + bytes.length < info.size);
        const rest = info.size - offset - used;
        return textResult(
          [
            text,
            ...(rest > 0 ? [`[${rest} more bytes: read on at offset ${offset + used}]`] : []),
            ...(isExact
              ? []
              : [
                  "[It is not UTF-8: what is shown as \u{fffd} are other bytes. Writing it back changes them.]",
                ]),
          ].join("\n"),
        );
      }),
  );

  server.registerTool(
    "write_file",
    {
      title: "Write a file",
      description: "Writes a text file, in place of an old one. Missing directories are made.",
      inputSchema: {
        workspace: workspaceName,
        path,
        content: z.string().max(maxWritten).describe(`At most ${maxWritten} characters.`),
      },
      annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
    },
    ({ workspace, path: file, content }, { signal }) =>
      answer(async () => {
        const slash = file.lastIndexOf("/");
        if (slash > 0) {
          await api.makeDirectory({ name: workspace, path: file.slice(0, slash), parents: true }, { signal });
        }
        const { created } = await client.files(workspace).upload(file, content, { signal });
        return dataResult({ path: file, created, bytes: Buffer.byteLength(content) });
      }),
  );

  server.registerTool(
    "delete_file",
    {
      title: "Delete a file or directory",
      description: "Removes a file, or a directory with everything in it when `recursive` is set.",
      inputSchema: { workspace: workspaceName, path, recursive: z.boolean().default(false) },
      annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
    },
    ({ workspace, path: target, recursive }, { signal }) =>
      answer(async () => {
        await api.deleteFile({ name: workspace, path: target, recursive }, { signal });
        return dataResult({ deleted: target });
      }),
  );

  server.registerTool(
    "search_files",
    {
      title: "Search files",
      description: `Searches text files below a directory for a regular expression (grep -E), at most ${maxMatches} lines.`,
      inputSchema: {
        workspace: workspaceName,
        pattern: z.string().min(1).max(1000).describe("Extended regular expression."),
        path: path.default("."),
        glob: z.string().max(200).optional().describe("Only in files whose name matches, e.g. `*.ts`."),
        ignoreCase: z.boolean().default(false),
      },
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    ({ workspace, pattern, path: directory, glob, ignoreCase }, { signal }) =>
      answer(async () => {
        const command = [
          "grep",
          "-rnIE",
          ...(ignoreCase ? ["-i"] : []),
          "--exclude-dir=.git",
          "--exclude-dir=node_modules",
          ...(glob === undefined ? [] : [`--include=${glob}`]),
          "-e",
          pattern,
          "--",
          directory,
        ];
        const result = await api.execInWorkspace(
          { name: workspace, body: { command, timeoutSeconds: searchSeconds, maxOutputBytes: 48 * 1024 } },
          { signal, timeoutMs: (searchSeconds + 30) * 1000 },
        );
        if (result.exitCode !== 0 && result.exitCode !== 1 && result.stdout === "") {
          return refusal(result.stderr || "The search did not end in time.");
        }
        const lines = result.stdout.split("\n").filter((line) => line !== "");
        const shown = fitting(lines.slice(0, maxMatches).map((line) => line.slice(0, 400)));
        return dataResult({ matches: shown, leftOut: result.stdoutTruncated || lines.length > shown.length });
      }),
  );
};
