import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { configReference, withReference } from "./reference.ts";

const file = resolve(import.meta.dirname, "../../../../docs/configuration.md");

test("the reference in the documentation is what the schema says (npm run generate)", () => {
  const document = readFileSync(file, "utf8");
  expect(withReference(document)).toBe(document);
});

test("every key of the reference says what it means", () => {
  const rows = configReference()
    .split("\n")
    .filter((line) => line.startsWith("| `"));
  expect(rows.length).toBeGreaterThan(50);
  for (const row of rows) expect(row).toMatch(/^\| `[\w.[\]]+` +\| [^|]*[^| ][^|]* \| [^|]{8,} \|$/);
});

test.each([
  "http.port` | 9101 |",
  "http.cookie.name` | `k8shell-session` |",
  "http.cookie.secure` | false |",
  "http.cookie.httpOnly` | true |",
  "http.cookie.sameSite` | `Lax` |",
  "http.cookie.maxAgeSeconds` | 86400 |",
  "http.cookie.path` | `/` |",
  "http.logging.enabled` | false |",
  "nats.enabled` | false |",
  "identity.onboardRules[].idp` | must be set |",
])("the reference has the platform's default: %s", (row) => {
  expect(configReference().replaceAll(/ +/g, " ")).toContain(row);
});
