import { expect, it } from "vitest";
import { createClient, type ProvisionJob } from "../src/index.ts";
import { json, serveHttp } from "./fake-server.ts";

const event = (id: number, type: string, status: string) => ({ id, type, status, message: `${status}.` });
const frame = (id: number, type: string, status: string) =>
  `id: ${id}\ndata: ${JSON.stringify(event(id, type, status))}\n\n`;
const job = (status: string, events: unknown[]) => ({
  id: "j",
  workspaceName: "a-1",
  status,
  createdAt: "2026-01-01T00:00:00Z",
  updatedAt: "2026-01-01T00:00:00Z",
  finishedAt: "0001-01-01T00:00:00Z",
  events,
});

it("job events go on where a lost connection ended, each exactly once", async () => {
  const all = [event(1, "status", "Starting"), event(2, "progress", "40"), event(3, "status", "Running")];
  let streams = 0;
  const { url, requests } = await serveHttp((request, response) => {
    if (request.headers.accept !== "text/event-stream") {
      json(response, 200, job("completed", all));
      return;
    }
    streams += 1;
    response.writeHead(200, { "content-type": "text/event-stream" });
    if (streams === 1) {
      response.write(`: ping\n\n${frame(1, "status", "Starting")}${frame(2, "progress", "40")}`);
      setTimeout(() => response.destroy(), 20);
    } else response.end(frame(2, "progress", "40") + frame(3, "status", "Running"));
  });
  const seen: number[] = [];
  for await (const { id } of createClient({ server: url }).jobs.events("j")) seen.push(id);
  expect(seen).toEqual([1, 2, 3]);
  const streamed = requests.filter(({ headers }) => headers.accept === "text/event-stream");
  expect(streamed.map(({ headers }) => headers["last-event-id"])).toEqual([undefined, "2"]);
});

it("a stream that a proxy ended before the job is asked for again", async () => {
  let streams = 0;
  const { url } = await serveHttp((request, response) => {
    if (request.headers.accept !== "text/event-stream") {
      const done = streams > 1;
      json(
        response,
        200,
        job(
          done ? "completed" : "running",
          done ? [event(1, "status", "Starting"), event(2, "status", "Error")] : [],
        ),
      );
      return;
    }
    streams += 1;
    response.writeHead(200).end(streams === 1 ? frame(1, "status", "Starting") : frame(2, "status", "Error"));
  });
  const result = await createClient({ server: url }).jobs.wait("j");
  expect(result).toEqual({ workspace: "a-1", status: "Error", message: "Error.", succeeded: false });
});

it("leaving the loop ends the request", async () => {
  const { url, requests } = await serveHttp((_, response) => {
    response.writeHead(200).write(frame(1, "status", "Starting"));
  });
  for await (const { id } of createClient({ server: url }).jobs.events("j")) {
    expect(id).toBe(1);
    break;
  }
  await new Promise((ended) => requests[0]?.socket.once("close", ended));
});

it("a job of the type the API describes can be read", () => {
  const typed: ProvisionJob = { ...job("completed", []), status: "completed", events: [] };
  expect(typed.id).toBe("j");
});
