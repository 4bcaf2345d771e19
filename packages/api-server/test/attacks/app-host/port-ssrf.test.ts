import { expect, test } from "vitest";
import { attackedAppHost } from "./harness.ts";

const fixture = attackedAppHost();

const labels = [
  "0",
  "65536",
  "99999999",
  "-1",
  "+80",
  "080",
  "0x50",
  "80.0",
  "8%30",
  "80@evil",
  "80/evil",
  "80\\evil",
  "80:22",
  "1e3",
  "",
  "\u0660",
];
for (const port of labels) {
  test(`a label with the port ${JSON.stringify(port)} is no app`, async () => {
    const { raw, workspace, port: own, token } = fixture();
    const text = await raw(
      `GET / HTTP/1.1\r\nHost: ${port}--${workspace}.localhost:${own}\r\nK8shell-Authorization: ${token["k8shell-authorization"]}\r\nConnection: close\r\n\r\n`,
    );
    expect(text).toMatch(/^HTTP\/1\.1 (?:400|404|421) /);
  });
}

test("a label cannot name another machine", async () => {
  const { call, token, port } = fixture();
  for (const name of ["127.0.0.1", "localhost", "evil.example", "..", "%2e%2e"]) {
    const answer = await call(80, "/", { host: `80--${name}.localhost:${port}`, headers: token });
    expect([400, 404, 421]).toContain(answer.status);
  }
});
