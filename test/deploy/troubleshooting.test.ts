import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { errorStatus } from "@k8shell/contract";
import { expect, test } from "vitest";

const document = readFileSync(resolve(import.meta.dirname, "../../docs/operate/troubleshooting.md"), "utf8");

test("the troubleshooting guide has every error code with its status, and no other", () => {
  const rows = [...document.matchAll(/^\| `([a-z_]+)` +\| (\d{3}) +\| ([^|]+) \| ([^|]+) \|$/gm)];
  expect(Object.fromEntries(rows.map(([, code, status]) => [code, Number(status)]))).toEqual(errorStatus);
  for (const [, , , meaning = "", remedy = ""] of rows) {
    expect(meaning.trim().length).toBeGreaterThan(10);
    expect(remedy.trim().length).toBeGreaterThan(5);
  }
});
