import { afterEach, expect, test } from "vitest";
import type { CoreService } from "../../src/assemble/serve/service.ts";
import { textOf } from "../assembled.ts";
import { openTerminal } from "../terminal-client.ts";
import { coreServices, type SplitPlatform, startSplitPlatform } from "./services.ts";

let platform: SplitPlatform | undefined;
afterEach(async () => {
  await platform?.close();
  platform = undefined;
});

const setUps: ReadonlyArray<readonly [string, readonly CoreService[]]> = [
  ["every service is remote", coreServices],
  ["Identity and Provisioner are remote, Session and Authz embedded", ["identity", "provisioner"]],
  ["only Session is remote", ["session"]],
];

test.each(setUps)(
  "the platform works from sign-in to a terminal and a file when %s",
  async (_what, remote) => {
    platform = await startSplitPlatform({ remote });
    const { request, admin, server, signInLink } = platform;

    const health = await (await request("GET", "/api/v1/healthcheck")).json();
    for (const name of coreServices) {
      const mode = remote.includes(name) ? "remote" : "embedded";
      expect(health).toMatchObject({ status: "ok", backends: { [name]: { status: "ok", mode } } });
    }

    // The pages of the local sign-in provider are shown wherever Identity runs.
    const page = await fetch(signInLink, { headers: { accept: "text/html" } });
    expect(page.status).toBe(200);
    expect(await page.text()).toContain("Sign in");

    const created = await request("POST", "/api/v1/workspaces", admin, {
      username: "admin",
      blueprint: "dev",
    });
    expect(created.status).toBe(202);
    const job = await created.json();
    const events = await request("GET", `/api/v1/jobs/${textOf(job, "jobId")}`, {
      ...admin,
      accept: "text/event-stream",
    });
    expect(await events.text()).toContain('"status":"Running"');
    // Without NATS the jobs of a Provisioner elsewhere are not known, unless the directory is shared as it is here.
    const unknown = await request("GET", "/api/v1/jobs/00000000-0000-4000-8000-000000000000", admin);
    expect(unknown.status).toBe(remote.includes("provisioner") ? 503 : 404);
    const workspace = `/api/v1/workspaces/${textOf(job, "workspace")}`;

    const file = `${workspace}/files?path=hello.txt`;
    const put = await fetch(`${server.url}${file}`, {
      method: "PUT",
      headers: { ...admin, "content-type": "application/octet-stream" },
      body: "over several machines\n",
    });
    expect([put.status, await put.text()]).toEqual([201, expect.any(String)]);
    expect(await (await request("GET", file, admin)).text()).toBe("over several machines\n");

    const terminal = await openTerminal(`${server.url}${workspace}/interactive`, { headers: { ...admin } });
    await terminal.shows("$");
    terminal.type("echo sum $((40+2))\r");
    await terminal.shows("sum 42");
    await terminal.close();

    const sessions = await (await request("GET", "/api/v1/sessions", admin)).json();
    expect(sessions).toMatchObject([{ username: "admin" }]);
    expect((await request("DELETE", `${workspace}?delete=true`, admin)).status).toBeLessThan(300);
  },
);
