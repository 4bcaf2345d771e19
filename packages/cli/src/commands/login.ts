import type { Command } from "commander";
import type { Act } from "../program.ts";

export const addLogin = (program: Command, act: Act): void => {
  program
    .command("login")
    .description("sign in with a browser and keep the token in a context")
    .option("--server <address>", "address of the server, e.g. https://k8shell.example.org")
    .option("--provider <name>", "sign in with this provider, e.g. github")
    .option("--device", "open no browser here: print the address to open on any machine")
    .option("--token-stdin", "read an access token from standard input instead")
    .option("--ignore", "sign in even if there is a context for this server already")
    .option("--name <context>", "name of the context")
    .option("--timeout <seconds>", "how long to wait for the browser", "300")
    .action(act(() => import("../login/login.ts").then(({ login }) => login)));
};
