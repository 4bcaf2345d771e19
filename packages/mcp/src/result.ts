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

/** Data for a program, and the same as text for those that read only that. */
export const dataResult = (data: Record<string, unknown>): CallToolResult => ({
  ...textResult(JSON.stringify(data, null, 1)),
  structuredContent: data,
});

/**
 * Runs the work of a tool. A refusal of the API is an answer that the model can act on, not a failure of the protocol.
 */
export const answer = async (work: () => Promise<CallToolResult>): Promise<CallToolResult> => {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof K8shellError)) throw error;
    const scope = error.code === "insufficient_scope" ? " Use a token that has it." : "";
    return {
      ...textResult(
        `${error.message}${scope} (${error.code}${error.status === 0 ? "" : `, HTTP ${error.status}`})`,
      ),
      isError: true,
    };
  }
};
