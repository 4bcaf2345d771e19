import { K8shellError } from "@k8shell/sdk";
import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js";

/** The most text that one answer of a tool holds, characters. */
export const maxText = 64 * 1024;

/** Cuts text in the middle, where it is least missed, and says how much is left out. */
export const bounded = (text: string, limit = maxText): string => {
  if (text.length <= limit) return text;
  const half = Math.floor(limit / 2);
  return `${text.slice(0, half)}\n… ${text.length - 2 * half} characters left out …\n${text.slice(-half)}`;
};

export const textResult = (text: string): CallToolResult => ({
  content: [{ type: "text", text: bounded(text) }],
});

/** Data for a program, and the same as text for those that read only that. Keep it within `maxText` as JSON. */
export const dataResult = (data: Record<string, unknown>): CallToolResult => ({
  ...textResult(JSON.stringify(data)),
  structuredContent: data,
});

/** What is left for one list, or for all texts of an answer, beside its other fields. */
const maxData = maxText - 4096;

/** As many of the first items as fit into an answer. */
export const fitting = <T>(items: readonly T[]): T[] => {
  let left = maxData;
  const end = items.findIndex((item) => {
    left -= JSON.stringify(item).length + 1;
    return left < 0;
  });
  return items.slice(0, end < 0 ? items.length : end);
};

/** Text that is cut in the middle until its JSON fits into an equal share of an answer: control characters take six times their room. */
export const fittingText = (text: string, shares: number): string => {
  const limit = Math.floor(maxData / shares);
  let kept = text;
  for (let length = text.length; JSON.stringify(kept).length > limit; ) {
    length = Math.floor((length * limit) / JSON.stringify(kept).length) - 64;
    kept = bounded(text, length);
  }
  return kept;
};

/** An answer that says what is wrong with the question. */
export const refusal = (text: string): CallToolResult => ({ ...textResult(text), isError: true });

/**
 * Runs the work of a tool. A refusal of the API is an answer that the model can act on, not a failure of the protocol.
 */
export const answer = async (work: () => Promise<CallToolResult>): Promise<CallToolResult> => {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof K8shellError)) throw error;
    const scope = error.code === "insufficient_scope" ? " Use a token that has it." : "";
    return refusal(
      `${error.message}${scope} (${error.code}${error.status === 0 ? "" : `, HTTP ${error.status}`})`,
    );
  }
};
