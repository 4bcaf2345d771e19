import { spawnSync } from "node:child_process";
import { join, resolve } from "node:path";
import { type Bench, median } from "../bench.ts";
import { pinned } from "../processes.ts";

const rounds = 31;
const root = resolve(import.meta.dirname, "../..");
const command = join(root, "packages/cli/dist/k8shell-cli.mjs");
/** `--help` in 150 ms on a machine where Node alone takes 45, as a ratio. */
const limit = 0.3;

const run = (args: readonly string[]): number => {
  const [program = "", ...rest] = pinned(1, [process.execPath, ...args]);
  const began = process.hrtime.bigint();
  const { status } = spawnSync(program, rest, { stdio: "ignore" });
  if (status !== 0) throw new Error(`${args.join(" ")} ended with ${status}`);
  return Number(process.hrtime.bigint() - began) / 1e6;
};

const bench: Bench = {
  title: "start-up of the k8shell command against Node alone",
  method:
    "Wall time from starting the process to its end, on one core, with Node's compile cache filled; the peer is " +
    `\`node -e 0\`. Medians of ${rounds} rounds, all in turn; the ratio is the peer's time by ours.`,
  async run(say) {
    const cases = { help: ["--help"], completion: ["__complete", "--", "workspace", "sh"] };
    const times = { node: [] as number[], help: [] as number[], completion: [] as number[] };
    for (const args of Object.values(cases)) run([command, ...args]);
    for (let round = 0; round < rounds; round += 1) {
      times.node.push(run(["-e", "0"]));
      times.help.push(run([command, ...cases.help]));
      times.completion.push(run([command, ...cases.completion]));
    }
    say(`node ${median(times.node).toFixed(1)} ms, --help ${median(times.help).toFixed(1)} ms`);
    const row = (name: string, ours: readonly number[]) => ({
      name,
      unit: "ms",
      ours: median(ours),
      peer: { name: "node -e 0", value: median(times.node) },
      ratio: median(times.node.map((node, round) => node / (ours[round] ?? Number.NaN))),
      limit,
    });
    return [row("k8shell --help", times.help), row("completing a word", times.completion)];
  },
};

export default bench;
