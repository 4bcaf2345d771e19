// A program of its own, to be killed: provisions one workspace, gets stuck in the clone of another, and says so.
import { join } from "node:path";
import { sqliteKv } from "@k8shell/kv";
import { assemblePlatform, eventually, provision, statusOf } from "./platform.ts";
import { standInIdentity } from "./stand-in-identity.ts";

const [dataDir = "", gitBaseUrl = ""] = process.argv.slice(2);

const kv = sqliteKv({ file: join(dataDir, "kv.db") });
const platform = await assemblePlatform({
  dataDir,
  identity: standInIdentity(),
  jobs: await kv.bucket("workspace-provision-jobs"),
  options: { gitBaseUrl },
  close: () => kv.close(),
});
const { workspace: running } = await provision(platform, "alice~dev");
void provision(platform, "bob~repo=open/plain");
const stuck = await eventually(async () => {
  const { workspaces } = await platform.provisioner.getWorkspaces({ usernames: ["bob"] });
  const [found] = workspaces;
  return found && (await statusOf(platform, found.name)) === "Pulling" ? found : undefined;
});
process.stdout.write(`${JSON.stringify({ running, stuck: stuck.name, job: stuck.jobId })}\n`);
setInterval(() => undefined, 1000);
