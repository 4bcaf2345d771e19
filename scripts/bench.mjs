// `npm run bench [-- NAME...]`: runs bench/<name>/bench.ts, prints a table, and writes the figures with the facts of
// this machine into docs/benchmarks.md. Ends with status 1 when a figure misses its gate.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg, release, totalmem } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const page = join(root, "docs/benchmarks.md");
const all = readdirSync(join(root, "bench"), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .sort();
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !all.includes(name));
if (unknown.length > 0) {
  console.error(`no such benchmark: ${unknown.join(", ")} (there are: ${all.join(", ")})`);
  process.exit(2);
}

const number = (value) =>
  value >= 100 ? Math.round(value).toLocaleString("en") : value.toFixed(value >= 10 ? 1 : 2);
const commit = () => {
  try {
    return execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: root, encoding: "utf8" }).trim();
  } catch {
    return "unknown";
  }
};
const machine = () => {
  const processors = cpus();
  const memory = (totalmem() / 2 ** 30).toFixed(0);
  return `${processors.length} x ${processors[0]?.model.trim()}, ${memory} GiB, Linux ${release()}, Node ${process.version}`;
};

/** A row as text cells, and whether it passes. */
const judge = ({ name, unit, ours, peer, limit, ratio = peer && ours / peer.value }) => {
  const passes = limit === undefined || (ratio === undefined ? ours <= limit : ratio >= limit);
  const gate = limit === undefined ? "" : ratio === undefined ? `<= ${number(limit)}` : `>= ${limit}`;
  const cells = [
    name,
    `${number(ours)} ${unit}`,
    peer ? `${number(peer.value)} ${unit} (${peer.name})` : "",
    ratio === undefined ? "" : ratio.toFixed(2),
    gate,
    limit === undefined ? "" : passes ? "met" : "missed",
  ];
  return { cells, passes };
};

const header = ["", "ours", "peer", "ratio", "gate", ""];
const markdown = (rows) =>
  [header, header.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
const plain = (rows) => {
  const widths = header.map((_, i) => Math.max(...[header, ...rows].map((cells) => cells[i].length)));
  return [header, ...rows]
    .map((cells) => cells.map((cell, i) => cell.padEnd(widths[i])).join("  "))
    .join("\n");
};

/** Puts `text` between the markers of `name`; a benchmark that the page does not know gets a section at its end. */
const record = (name, text) => {
  const [open, close] = [`<!-- results:${name} -->`, `<!-- /results:${name} -->`];
  let old = readFileSync(page, "utf8");
  if (!old.includes(open)) old = `${old.trimEnd()}\n\n## ${name}\n\n${open}\n${close}\n`;
  const [from, to] = [old.indexOf(open), old.indexOf(close)];
  if (to < from) throw new Error(`${page}: ${open} has no ${close} behind it`);
  writeFileSync(page, `${old.slice(0, from + open.length)}\n${text}\n${old.slice(to)}`);
};

let missed = 0;
for (const name of wanted.length > 0 ? wanted : all) {
  const { default: bench } = await import(join(root, "bench", name, "bench.ts"));
  console.log(`\n# ${name}: ${bench.title}`);
  const load = loadavg()[0];
  if (load > cpus().length / 2)
    console.log(`  the machine is busy (load average ${load.toFixed(1)}): the figures will be rough`);
  try {
    const judged = (await bench.run((line) => console.log(`  ${line}`))).map(judge);
    const rows = judged.map(({ cells }) => cells);
    console.log(plain(rows));
    missed += judged.filter(({ passes }) => !passes).length;
    const date = new Date().toISOString().slice(0, 10);
    const facts = `${date}, commit ${commit()}, ${machine()}, load average ${load.toFixed(1)} before the run.`;
    record(name, `\n${bench.method}\n\n${markdown(rows)}\n\n${facts}\n`);
  } catch (error) {
    missed += 1;
    console.error(`  not measured: ${error instanceof Error ? error.message : error}`);
  }
}
console.log(missed === 0 ? "\nall gates met" : `\n${missed} gate(s) missed`);
process.exit(missed === 0 ? 0 : 1);
