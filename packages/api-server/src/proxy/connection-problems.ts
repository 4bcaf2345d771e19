import { randomUUID } from "node:crypto";
import { toApiError } from "../http/errors.ts";
import { isNavigation, type Problem, problemAnswer, writeAnswer } from "./answer.ts";
import type { Exchange } from "./exchange.ts";
import type { HeadError } from "./head-error.ts";

/** A problem before it is known which request it is about. */
export type ExchangeProblem = Omit<Problem, "requestId">;

const headProblemCodes: Readonly<Record<number, string>> = {
  405: "method_not_allowed",
  431: "headers_too_large",
};

/** The request is not valid HTTP. */
export const badRequestProblem = ({ status, message }: HeadError): ExchangeProblem => ({
  status,
  code: headProblemCodes[status] ?? "bad_request",
  title: "Bad request",
  message,
});

/** The connection would be one too many. @param error what `LiveConnections.register` has thrown */
export const tooManyProblem = (error: unknown): ExchangeProblem => {
  const { status, code, message, headers } = toApiError(error);
  return { status, code, title: "Too many connections", message, headers: Object.entries(headers) };
};

/** The bytes of an answer that tells of a problem, a page where a person would see it. The connection ends with it. */
export const writeProblem = (
  problem: ExchangeProblem,
  exchange: Exchange | undefined,
): { readonly status: number; readonly bytes: Buffer } => {
  const head = exchange?.head;
  const requestId = exchange?.requestId ?? randomUUID();
  const answer = problemAnswer({ ...problem, requestId }, head !== undefined && isNavigation(head));
  return { status: answer.status, bytes: writeAnswer(answer, true, head?.method !== "HEAD") };
};
