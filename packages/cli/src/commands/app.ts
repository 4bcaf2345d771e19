import type { Command } from "commander";
import type { Act } from "../program.ts";

const apps = () => import("../apps/apps.ts");

export const addAppCommands = (program: Command, act: Act): void => {
  const app = program.command("app").description("apps of a workspace");
  app
    .command("list")
    .alias("ls")
    .description("list the apps of a workspace")
    .argument("<workspace>")
    .option("--sort <column>", "sort by a column, e.g. status")
    .action(act(() => apps().then(({ list }) => list)));
  app
    .command("install")
    .description("install an app")
    .argument("<workspace>")
    .argument("<app>")
    .option("--force", "also when it is installed already")
    .action(act(() => apps().then(({ install }) => install)));
  app
    .command("start")
    .description("start an app")
    .argument("<workspace>")
    .argument("<app>")
    .action(act(() => apps().then(({ start }) => start)));
  app
    .command("stop")
    .description("stop an app")
    .argument("<workspace>")
    .argument("<app>")
    .action(act(() => apps().then(({ stop }) => stop)));
  app
    .command("logs")
    .description("what an app has printed")
    .argument("<workspace>")
    .argument("<app>")
    .option("-f, --follow", "go on with what it prints from now on")
    .option("--install", "what its installation has printed")
    .action(act(() => import("../logs/app-logs.ts").then(({ appLogs }) => appLogs)));
};
