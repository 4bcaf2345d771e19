import type { Command } from "commander";
import type { Act } from "../program.ts";

export const addDoctor = (program: Command, act: Act): void => {
  program
    .command("doctor")
    .description("find out what is wrong: context, address, certificate, server, clock, token, versions")
    .option("--server-config <file>", "examine the configuration file of a server instead")
    .action(act(() => import("../doctor/doctor.ts").then(({ doctor }) => doctor)));
};
