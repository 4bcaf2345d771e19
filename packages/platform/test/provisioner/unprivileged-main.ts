// A program of its own: opens a provisioner as whoever runs it, has the escape scenario played, and prints what came
// of it as JSON.
import { join } from "node:path";
import { sqliteKv } from "@k8shell/kv";
import { machine } from "./machine.ts";
import { assemblePlatform } from "./platform.ts";
import { tryToEscape } from "./scenario.ts";
import { standInIdentity } from "./stand-in-identity.ts";

const [dataDir = "", dist = "", plain = ""] = process.argv.slice(2);

const kv = sqliteKv({ file: ":memory:" });
const platform = await assemblePlatform({
  dataDir,
  identity: standInIdentity(),
  jobs: await kv.bucket("workspace-provision-jobs"),
  options: {
    daemon: { node: process.execPath, entry: join(dist, "workspaced.mjs") },
    plain: plain === "plain",
  },
  close: () => kv.close(),
});
try {
  process.stdout.write(`${JSON.stringify(await tryToEscape(platform, machine))}\n`);
} finally {
  await platform.discard();
}
