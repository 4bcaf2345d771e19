/** The program that expressions.ts starts: a question on standard input, its answer on standard output. */
import { writeFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { answerTo } from "./cel.ts";
import type { ExpressionAnswer } from "./expressions.ts";
import { withinProcessorTime } from "./processor-time.ts";

/**
 * Longest that all expressions of a blueprint may take together, milliseconds of a processor. Comprehensions nest, so a short text
 * can run for ever. Sound ones take a few milliseconds.
 */
const timeLimitMs = 1_000;

try {
  // Where memory runs out nevertheless, it is this process that ends.
  writeFileSync("/proc/self/oom_score_adj", "1000");
} catch {
  // Elsewhere than on Linux.
}

// All numbers of a question are whole ones (`BindingValue`).
const wholeNumbers = (_key: string, value: unknown) => (typeof value === "number" ? BigInt(value) : value);
const question = JSON.parse(await text(process.stdin), wholeNumbers);

let answer: ExpressionAnswer = { fault: { index: 0, reason: "the expressions take too long" } };
withinProcessorTime(timeLimitMs, () => {
  answer = answerTo(question);
});
process.stdout.write(JSON.stringify(answer));
