import { execRequest, queryPayload } from "@k8shell/contract";
import { expect, test } from "vitest";
import { validate } from "./validate.ts";

const query = (value: unknown) => ({ filters: { conditions: [{ field: "name", op: "eq", value }] } });

test.each([
  ["nothing where one of two is needed", execRequest, {}, 'Body field "command": expected string or array.'],
  ["something else", execRequest, { command: 7 }, 'Body field "command": expected string or array.'],
  ["one that is wrong in itself", execRequest, { command: [] }, "Too small"],
  ["a value that is no string", queryPayload, query(true), /must be a string, or a list/],
])("%s is told with what is expected", (_what, schema, body, message) => {
  expect(() => validate(schema, body, "body")).toThrow(message);
});
