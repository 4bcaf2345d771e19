import type { Command } from "commander";
import type { Act } from "../program.ts";
import { collect } from "./collect.ts";

const tokens = () => import("../tokens/tokens.ts");

export const addTokenCommands = (program: Command, act: Act): void => {
  const token = program.command("token").description("access tokens for programs");
  token
    .command("list")
    .alias("ls")
    .description("list your access tokens")
    .option("--username <user>", "those of this user")
    .option("--sort <column>", "sort by a column, e.g. expires")
    .action(act(() => tokens().then(({ list }) => list)));
  token
    .command("create")
    .description("make an access token; it is shown once")
    .argument("<name>", "what it is for")
    .requiredOption(
      "--scope <scope>",
      "what it may do, e.g. workspace:read:self; several with commas or several times",
      collect,
    )
    .option("--expires <when>", "12h, 30d, 1y, a date, or never", "90d")
    .action(act(() => tokens().then(({ create }) => create)));
  token
    .command("renew")
    .description("give an access token a new secret; the old one stops working")
    .argument("<token>", "its name or id")
    .option("--expires <when>", "12h, 30d, 1y, a date, or never (default: as long as before)")
    .action(act(() => tokens().then(({ renew }) => renew)));
  token
    .command("revoke")
    .alias("rm")
    .description("delete an access token")
    .argument("<token>", "its name or id")
    .option("-y, --yes", "do not ask")
    .action(act(() => tokens().then(({ revoke }) => revoke)));
};
