// A program of its own: opens a provisioner as whoever runs it, has the escape scenario played, and prints what came
// of it as JSON. Its identity service is a small stand-in for the embedded one, which needs native libraries that
// cannot be bundled.
import { join } from "node:path";
import { IdentityService } from "@k8shell/contract/gen/identity/v1/identity_pb.js";
import { sqliteKv } from "@k8shell/kv";
import { inProcessChannel, register } from "@k8shell/rpc";
import { machine } from "./machine.ts";
import { assemblePlatform } from "./platform.ts";
import { tryToEscape } from "./scenario.ts";

const [dataDir = "", dist = "", plain = ""] = process.argv.slice(2);

const uids: Record<string, number> = { alice: 10_001, bob: 10_002 };
const identity = inProcessChannel([
  register(IdentityService, {
    findUser: ({ username }) => ({
      username,
      organization: "default",
      isValid: true,
      uid: uids[username] ?? 10_000,
      gid: uids[username] ?? 10_000,
      shell: "/bin/sh",
      blueprints: ["*"],
    }),
    createAccessToken: () => ({ id: 1n, token: "k8sh_stand-in" }),
    listAccessTokens: () => ({ tokens: [] }),
  }),
]).client(IdentityService);

const kv = sqliteKv({ file: ":memory:" });
const platform = await assemblePlatform({
  dataDir,
  identity,
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
