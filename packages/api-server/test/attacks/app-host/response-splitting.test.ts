import { expect, test } from "vitest";
import { startApp } from "../../app-host/apps.ts";
import { attackedAppHost, requestLine, statuses } from "./harness.ts";

const fixture = attackedAppHost();
const second = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Evil: 1\r\n\r\nevil!";

const answered = async (bytes: string): Promise<string> => {
  const app = await startApp((incoming) => {
    incoming.socket.write(bytes, "latin1");
    setTimeout(() => incoming.socket.end(), 50);
  });
  const get = requestLine(fixture(), app.port, "GET / HTTP/1.1");
  return fixture().raw(`${get}Connection: close\r\n\r\n`);
};

const invalid: ReadonlyArray<readonly [string, string]> = [
  ["a bare CR in a header", `HTTP/1.1 200 OK\r\nX: a\rContent-Length: 0\r\n\r\n${second}`],
  ["a bare LF in a header", `HTTP/1.1 200 OK\r\nX: a\nContent-Length: 0\r\n\r\n${second}`],
  ["two lengths", `HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Length: 60\r\n\r\n${second}`],
  [
    "a length and chunks",
    `HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${second}`,
  ],
  ["an unknown coding", `HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n${second}`],
  ["a folded header", `HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 0\r\n\r\n${second}`],
  ["chunks in HTTP/1.0", `HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${second}`],
  ["another protocol", "SSH-2.0-OpenSSH_9.6\r\n\r\n"],
  ["a status that is none", `HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n${second}`],
];
for (const [name, bytes] of invalid) {
  test(`an answer with ${name} becomes 502, and nothing of it reaches the client`, async () => {
    const text = await answered(bytes);
    expect(statuses(text)).toEqual([502]);
    expect(text).not.toMatch(/evil|OpenSSH/i);
  });
}

test("what an app sends behind its answer reaches nobody, and the connection is not used again", async () => {
  let count = 0;
  const app = await startApp((incoming) => {
    count += 1;
    incoming.socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n${count}!${second}`);
  });
  const get = requestLine(fixture(), app.port, "GET / HTTP/1.1");
  const text = await fixture().raw(`${get}\r\n${get}Connection: close\r\n\r\n`);
  expect(statuses(text)).toEqual([200, 200]);
  expect(text).toContain("1!");
  expect(text).toContain("2!");
  expect(text).not.toContain("evil");
  expect(new Set(app.seen.map(({ socket }) => socket)).size).toBe(2);
});

test("headers that would make a proxy or browser do something for the app are dropped", async () => {
  const app = await startApp((_incoming, response) => {
    response.writeHead(200, {
      "x-accel-redirect": "/etc/passwd",
      "x-sendfile": "/etc/passwd",
      "clear-site-data": '"cookies"',
      "alt-svc": 'h3="evil.example:443"',
      "x-fine": "1",
    });
    response.end();
  });
  const { headers } = await fixture().call(app.port, "/");
  expect(headers["x-fine"]).toBe("1");
  for (const name of ["x-accel-redirect", "x-sendfile", "clear-site-data", "alt-svc"]) {
    expect(headers).not.toHaveProperty(name);
  }
});
