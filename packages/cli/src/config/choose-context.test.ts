import { expect, it } from "vitest";
import { parseServer } from "./choose-context.ts";

it("takes an address as it is written, and https where no scheme is", () => {
  expect(parseServer("k8shell.example.org")).toBe("https://k8shell.example.org");
  expect(parseServer("HTTP://LocalHost:9101/base//")).toBe("http://localhost:9101/base");
  expect(parseServer("localhost:9101")).toBe("https://localhost:9101");
  expect(parseServer("[::1]:9101/")).toBe("https://[::1]:9101");
});

it.each([
  ["ftp://x", "ftp is neither http nor https"],
  ["ssh://dev@x:22", "ssh is neither http nor https"],
  ["unix:/run/k8shell.sock", "unix is neither http nor https"],
  ["https:/x", "https: is followed by two slashes"],
  ["http://x:0", "0 is no port"],
  ["x:65536", "65536 is no port"],
  ["https://x:99999/base", "99999 is no port"],
  ["mailto:somebody", "is not the address of a server"],
  ["https://", "is not the address of a server"],
  ["", "is not the address of a server"],
])("refuses %s and says why", (address, why) => {
  expect(() => parseServer(address)).toThrow(why);
});
