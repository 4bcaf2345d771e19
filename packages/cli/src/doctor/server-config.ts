import { runProgram } from "../run-program.ts";
import { requireServer } from "../serve.ts";

/** Runs the server's own doctor on its configuration file; resolves to what it exited with (0: usable). */
export const examineServerConfig = (file: string): Promise<number> =>
  runProgram(
    process.execPath,
    [requireServer(), "--check-config", "--config", file],
    "Install Node.js again",
  );
