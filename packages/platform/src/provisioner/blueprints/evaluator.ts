/** The program that expressions.ts starts: a question on standard input, its answer on standard output. */
import { writeFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { runInNewContext } from "node:vm";
import { answerTo } from "./cel.ts";
import type { ExpressionAnswer } from "./expressions.ts";

/**
 * Longest that all expressions of a blueprint may take together, milliseconds. Comprehensions nest, so a short text can run for
 * ever. Sound ones take a few milliseconds; on a machine with many other programs to run, the first one a hundred times that.
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
const evaluate = () => {
  answer = answerTo(question);
};
try {
  // The context adds nothing but its time limit, which interrupts everything called from it.
  runInNewContext("evaluate()", { evaluate }, { timeout: timeLimitMs });
} catch {
  // The answer says so.
}
process.stdout.write(JSON.stringify(answer));
