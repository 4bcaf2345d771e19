import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readPage, root } from "./pages.ts";

/** The README's tour, word for word, but for the id that a reader copies from one answer into the next request. */
const tour = () => {
  const sample = readPage("README.md").samples.find(({ language }) => language === "bash");
  if (!sample) throw new Error("the README has no tour");
  const [before, after] = sample.text.split(/^# \{"workspace".*$/m);
  if (after === undefined) throw new Error("the tour does not show the answer with the job's id");
  const created = before?.trimEnd().split("\n").at(-1) ?? "";
  return `${before?.replace(created, `created=$(${created})`)}
echo "$created"
jobId=$(sed -E 's/.*"jobId":"([^"]+)".*/\\1/' <<< "$created")
${after.replaceAll("<jobId>", "$jobId")}`;
};

/** The tour has addresses with fixed ports: a network of its own keeps them free. */
const script = (bundle: string) => `
set -euo pipefail
ip link set lo up
curl() { command curl --fail-with-body --show-error --max-time 60 "$@"; echo; }
${process.execPath} ${bundle} --stop-workspaces > "$HOME/server.log" 2>&1 &
server=$!
trap 'kill $server; wait $server || true' EXIT
until grep -q '^listening on http://127.0.0.1:9101$' "$HOME/server.log"; do
  kill -0 $server; sleep 0.05
done
${tour()}
`;

test("the README's tour with curl works as it is written", async () => {
  const home = await mkdtemp(join(tmpdir(), "k8shell-tour-"));
  const { XDG_DATA_HOME: _, K8SHELL_DATA: __, K8SHELL_PORT: ___, ...inherited } = process.env;
  try {
    const child = spawn(
      "unshare",
      ["--net", "--map-root-user", "bash", "-c", script(join(root, "dist/k8shell.mjs"))],
      {
        env: { ...inherited, HOME: home, NODE_ENV: "production" },
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    let text = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk: Buffer) => {
        text += chunk.toString("utf8");
      });
    }
    const [code] = await once(child, "close");
    expect(code, text).toBe(0);
    expect(text).toContain('"workspace":"admin-');
    expect(text).toContain("<h1>hello</h1>");
    expect(text).toContain('"name":"web"');
    expect(text).toMatch(/k8sh_\w+/);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
});
