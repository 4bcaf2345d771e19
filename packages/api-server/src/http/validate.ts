import type { ErrorCode } from "@k8shell/contract";
import type { core, ZodType } from "zod";
import { ApiError } from "./api-error.ts";

/** The part of a request that a schema speaks about. */
export type RequestPart = "path" | "query" | "body";

const codeOf: Record<RequestPart, ErrorCode> = {
  path: "invalid_parameter",
  query: "invalid_parameter",
  body: "invalid_body",
};

const nounOf: Record<RequestPart, string> = {
  path: "Path parameter",
  query: "Query parameter",
  body: "Body field",
};

/** What would have been right, where nothing of a union's members was given: the library's words are only "invalid input". */
const expectedOf = (issue: core.$ZodIssue | undefined): string | undefined => {
  if (issue?.code !== "invalid_union" || issue.message !== "Invalid input") return undefined;
  const expected = issue.errors.map(([first]) =>
    first?.code === "invalid_type" && first.path.length === 0 ? first.expected : undefined,
  );
  return expected.includes(undefined) || expected.length === 0
    ? undefined
    : `expected ${expected.join(" or ")}`;
};

/**
 * Parses one part of a request.
 * @throws ApiError invalid_parameter or invalid_body, naming the first wrong field and what it should be
 */
export const validate = (schema: ZodType, value: unknown, part: RequestPart): unknown => {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const field = issue?.path.join(".") ?? "";
  const detail = (expectedOf(issue) ?? issue?.message ?? "invalid").replace(/^Invalid input: /, "");
  const subject =
    field !== ""
      ? `${nounOf[part]} "${field.slice(0, 100)}"`
      : part === "body"
        ? "The request body"
        : "The request";
  throw new ApiError(codeOf[part], `${subject}: ${detail.slice(0, 300)}.`.replace(/\.\.$/, "."), {
    cause: result.error,
  });
};
