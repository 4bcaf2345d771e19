import type { ErrorCode } from "@k8shell/contract";
import type { ZodType } from "zod";
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

/**
 * Parses one part of a request.
 * @throws ApiError invalid_parameter or invalid_body, naming the first wrong field and what it should be
 */
export const validate = (schema: ZodType, value: unknown, part: RequestPart): unknown => {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const field = issue?.path.join(".") ?? "";
  const detail = (issue?.message ?? "invalid").replace(/^Invalid input: /, "");
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
