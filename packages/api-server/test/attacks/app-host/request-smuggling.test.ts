import { expect, test } from "vitest";
import { startEcho } from "../../app-host/apps.ts";
import { attackedAppHost, requestLine, statuses } from "./harness.ts";

const fixture = attackedAppHost();
const hidden = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";

const corpus: ReadonlyArray<readonly [name: string, headersAndBody: string, status?: number]> = [
  ["CL.TE", `Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`],
  ["TE.CL", `Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n5c\r\n${hidden}\r\n0\r\n\r\n`],
  ["TE.TE", `Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n${hidden}`],
  ["TE with a list", `Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n${hidden}`],
  ["TE with an unknown coding", `Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${hidden}`],
  ["TE with a space before the colon", `Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n${hidden}`],
  ["TE behind a vertical tab", `Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n${hidden}`],
  ["TE in quotes", `Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n${hidden}`],
  ["TE folded", `Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n${hidden}`],
  ["obs-fold", `X: a\r\n b\r\nContent-Length: 0\r\n\r\n${hidden}`],
  ["a first header line that begins with a space", ` X: a\r\nContent-Length: 0\r\n\r\n${hidden}`],
  ["bare LF behind a header", `X: a\nContent-Length: 0\r\n\r\n${hidden}`],
  ["bare CR in a header", `X: a\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`],
  ["NUL in a header", `X: a\0b\r\nContent-Length: 0\r\n\r\n${hidden}`],
  ["a header without a colon", `Content-Length\r\n\r\n${hidden}`],
  ["an empty name", `: a\r\nContent-Length: 0\r\n\r\n${hidden}`],
  ["duplicate CL that differ", `Content-Length: 0\r\nContent-Length: ${hidden.length}\r\n\r\n${hidden}`],
  ["duplicate CL that agree", "Content-Length: 1\r\nContent-Length: 1\r\n\r\nx"],
  ["CL as a list", "Content-Length: 1, 1\r\n\r\nx"],
  ["negative CL", `Content-Length: -1\r\n\r\n${hidden}`],
  ["CL with a plus", "Content-Length: +1\r\n\r\nx"],
  ["hexadecimal CL", "Content-Length: 0x1\r\n\r\nx"],
  ["CL with a space inside", "Content-Length: 1 0\r\n\r\nx"],
  ["a CL beyond what numbers can hold", "Content-Length: 99999999999999999999\r\n\r\nx"],
  ["empty CL", `Content-Length: \r\n\r\n${hidden}`],
  ["a second Host", `Host: localhost\r\nContent-Length: 0\r\n\r\n${hidden}`],
  ["a chunk extension", `Transfer-Encoding: chunked\r\n\r\n1;a=b\r\nx\r\n0\r\n\r\n${hidden}`],
  ["a chunk size with 0x", `Transfer-Encoding: chunked\r\n\r\n0x1\r\nx\r\n0\r\n\r\n${hidden}`],
  ["a chunk size behind a space", `Transfer-Encoding: chunked\r\n\r\n 1\r\nx\r\n0\r\n\r\n${hidden}`],
  ["a negative chunk size", `Transfer-Encoding: chunked\r\n\r\n-1\r\nx\r\n0\r\n\r\n${hidden}`],
  ["a chunk size that overflows", `Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nx\r\n0\r\n\r\n`],
  ["a chunk size that ends with LF", `Transfer-Encoding: chunked\r\n\r\n1\nx\r\n0\r\n\r\n${hidden}`],
  ["a chunk longer than its size", `Transfer-Encoding: chunked\r\n\r\n1\r\nxyz\r\n0\r\n\r\n${hidden}`],
  ["a trailer that sets a length", "Transfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 5\r\n\r\n"],
  ["a trailer that names a user", "Transfer-Encoding: chunked\r\n\r\n0\r\nX-K8shell-User: root\r\n\r\n"],
  ["a trailer with a bare LF", "Transfer-Encoding: chunked\r\n\r\n0\r\nX: a\nY: b\r\n\r\n"],
  ["an expectation that is none", "Expect: 200-ok\r\nContent-Length: 0\r\n\r\n", 417],
];

for (const [name, rest, status = 400] of corpus) {
  test(`${name} is refused, the connection closed, and what hides behind it never served`, async () => {
    const app = await startEcho();
    const text = await fixture().raw(requestLine(fixture(), app.port) + rest);
    expect(statuses(text)).toEqual([status]);
    expect(text).not.toContain("smuggled");
    // A body that turns out wrong can only be refused when its beginning has left; it never becomes a whole request.
    expect(app.seen.filter(({ url, complete }) => url === "/smuggled" || complete)).toEqual([]);
  });
}

const lines = [
  "GET  / HTTP/1.1",
  "GET /a b HTTP/1.1",
  "GET / HTTP/1.1 ",
  "GET\t/ HTTP/1.1",
  "GET http://localhost/ HTTP/1.1",
  "GET //\x01 HTTP/1.1",
  "GET /\x80 HTTP/1.1",
  "GET /# HTTP/1.1",
  "GET * HTTP/1.1",
  "G(T / HTTP/1.1",
  " GET / HTTP/1.1",
];
for (const line of lines) {
  test(`the request line ${JSON.stringify(line)} is refused`, async () => {
    const app = await startEcho();
    const text = await fixture().raw(`${requestLine(fixture(), app.port, line)}\r\n`);
    expect(statuses(text)).toEqual([400]);
    expect(app.seen).toEqual([]);
  });
}

test("methods that turn a proxy around are refused", async () => {
  const app = await startEcho();
  for (const method of ["CONNECT", "TRACE"]) {
    const text = await fixture().raw(`${requestLine(fixture(), app.port, `${method} / HTTP/1.1`)}\r\n`);
    expect(statuses(text)).toEqual([405]);
  }
  expect(app.seen).toEqual([]);
});

test("a head in single bytes is read like one in a piece, and one without end is refused", async () => {
  const app = await startEcho();
  const head = `${requestLine(fixture(), app.port, "GET /slow HTTP/1.1")}Connection: close\r\n\r\n`;
  const text = await fixture().raw([...head]);
  expect(statuses(text)).toEqual([200]);
  const endless = await fixture().raw(`${requestLine(fixture(), app.port)}X: ${"x".repeat(70_000)}`);
  expect(statuses(endless)).toEqual([431]);
});
