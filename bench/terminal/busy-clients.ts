// Opens many terminals that print all the time: `busy-clients.ts OPTIONS`. Prints `busy` when all do.
import { openTerminal, type Target } from "./terminal.ts";

const { target, count } = JSON.parse(process.argv[2] ?? "") as { target: Target; count: number };

/** 1 KB every 25 ms. */
const program = `perl -e '$|=1; for(;;){ print(("x" x 99 . "\\n") x 10); select(undef,undef,undef,.025) }'`;

const openBusy = async (): Promise<void> => {
  const terminal = await openTerminal(target);
  await new Promise<void>((resolve) => {
    let printed = 0;
    terminal.onOutput = (output) => {
      printed += output.length;
      if (printed > 5_000) resolve();
    };
    terminal.type(`stty -echo; ${program}\n`);
  });
};

for (let opened = 0; opened < count; opened += 1) await openBusy();
console.log("busy");
