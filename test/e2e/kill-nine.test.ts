import { expect, test } from "vitest";
import { openCloudshell } from "./cloudshell-client.ts";
import { createWorkspace, discard, newDataDir, startServerProcess } from "./harness.ts";

test("after kill -9 of the server the same shell is re-attached with its output replayed", async () => {
  const dataDir = await newDataDir();
  const first = await startServerProcess(dataDir);
  const { workspace, jobId } = await createWorkspace(first, { username: "admin", blueprint: "dev" });
  const terminal = await openCloudshell(first, workspace, { tab: "crash" });
  terminal.type("COUNT=7; echo before-$((COUNT * 6)); (sleep 1; echo during-$((COUNT + 1))) &\n");
  await terminal.waitFor("before-42");
  await first.stop("SIGKILL");
  await terminal.closed;

  const second = await startServerProcess(dataDir);
  try {
    const again = await openCloudshell(second, workspace, { tab: "crash" });
    await again.waitFor("before-42");
    await again.waitFor("during-8");
    const before = again.output().length;
    again.type("echo count=$COUNT\n");
    await again.waitFor("count=7", before);
    await again.close();

    const job = (await (await second.api("GET", `/jobs/${jobId}`)).json()) as { status: string };
    expect(job.status).toBe("completed");
    const sessions = (await (await second.api("GET", "/me/sessions?all=true")).json()) as Array<{
      workspace: string;
      bytesOut: number;
    }>;
    const mine = sessions.filter((session) => session.workspace === workspace);
    expect(mine.length).toBeGreaterThan(0);
    expect(mine.at(-1)?.bytesOut).toBeGreaterThan(0);
  } finally {
    await discard(second);
  }
});
