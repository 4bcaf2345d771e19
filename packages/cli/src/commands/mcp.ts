import type { Command } from "commander";
import type { Act } from "../program.ts";

export const addMcp = (program: Command, act: Act): void => {
  program
    .command("mcp")
    .description("serve workspaces as tools of the Model Context Protocol on standard input and output")
    .action(act(() => import("../mcp/serve.ts").then(({ serve }) => serve)));
};
