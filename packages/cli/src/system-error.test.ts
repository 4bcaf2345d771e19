import { mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { toCliError } from "./errors.ts";
import { explainNetwork } from "./system-error.ts";

const withCode = (code: string, options?: ErrorOptions) => Object.assign(new Error(code, options), { code });

it("finds what failed in the causes of an error, and in the attempts at several addresses", () => {
  const attempts = new AggregateError([withCode("ECONNREFUSED"), withCode("ENETUNREACH")]);
  expect(explainNetwork(new TypeError("fetch failed", { cause: attempts }))).toMatchObject({
    why: "nothing listens there",
  });
  const expired = new TypeError("fetch failed", { cause: withCode("CERT_HAS_EXPIRED") });
  expect(explainNetwork(expired)).toMatchObject({ why: "its certificate has expired" });
  expect(explainNetwork(withCode("HPE_INVALID_CONSTANT"))?.fix).toContain("https://");
  expect(explainNetwork(withCode("UNHEARD_OF"))).toBeUndefined();
  const endless = withCode("UNHEARD_OF");
  endless.cause = endless;
  expect(explainNetwork(endless)).toBeUndefined();
});

it("tells errors of files in words, with what to do", () => {
  const dir = mkdtempSync(join(tmpdir(), "k8shell-cli-"));
  const failure = (() => {
    try {
      return openSync(dir, "w");
    } catch (error) {
      return error;
    }
  })();
  rmSync(dir, { recursive: true });
  expect(toCliError(failure)).toMatchObject({
    message: `${dir} cannot be opened: it is a directory.`,
    hint: "Name a file",
  });
  const denied = Object.assign(new Error("EACCES: permission denied, rename '/a' -> '/b'"), {
    ...{ code: "EACCES", syscall: "rename", path: "/a", dest: "/b" },
  });
  expect(toCliError(denied)).toMatchObject({
    message: "/b cannot be written: permission denied.",
    hint: expect.stringContaining("Check who may"),
  });
});
