import { once } from "node:events";
import { createServer } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { discard, type RunningServer } from "../../../test/e2e/harness.ts";
import { takeWebAppPort } from "../../../test/e2e/web-app-port.ts";
import { startCli } from "./pty.ts";
import { runCli, startCliPlatform } from "./run-cli.ts";

let server: RunningServer;
let home: string;
let name: string;

beforeAll(async () => {
  ({ server, home, name } = await startCliPlatform());
});
afterAll(() => discard(server));

it("ports of a workspace are ports of this machine until Ctrl-C", async () => {
  await takeWebAppPort();
  await runCli(home, ["app", "start", "dev", "web"]);
  const command = startCli(home, ["ws", "forward", "dev", ":8080", ":8081"], { cols: 100 });
  await command.shows(new RegExp(`-> ${name}:8081\nCtrl-C ends it`));
  const [, port] = /127\.0\.0\.1:(\d+) -> \S+:8080/.exec(command.screen()) ?? [];
  // The app needs a moment to listen.
  let page: Response | undefined;
  while (page === undefined) page = await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined);
  expect(page.status).toBe(200);
  const [, unused] = /127\.0\.0\.1:(\d+) -> \S+:8081/.exec(command.screen()) ?? [];
  await expect(fetch(`http://127.0.0.1:${unused}/`)).rejects.toThrow();
  await command.shows(/^port 8081: /m);
  command.type("\u0003");
  expect(await command.exit).toBe(130);
  await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
  await runCli(home, ["app", "stop", "dev", "web"]);
});

it("says what is wrong with ports before it begins", async () => {
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const address = taken.address();
  const port = typeof address === "object" ? address?.port : undefined;
  const busy = await runCli(home, ["ws", "forward", "dev", `${port}:8080`]);
  expect(busy.code).toBe(6);
  expect(busy.stderr).toContain("Another program has it");
  taken.close();
  expect((await runCli(home, ["ws", "forward", "dev", "http"])).code).toBe(2);
  expect((await runCli(home, ["ws", "forward", "admin-0000000", ":80"])).code).toBe(5);
});
