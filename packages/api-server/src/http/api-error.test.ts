import { expect, test } from "vitest";
import { ApiError } from "./api-error.ts";

test("failures of this server tell where they were made, refusals do not look for it", () => {
  expect(new ApiError("internal", "internal error").stack).toContain("api-error.test");
  expect(new ApiError("not_found", "none").stack).not.toContain("api-error.test");
  expect(new Error("another").stack).toContain("api-error.test");
});
