import { Code, type RpcError } from "@k8shell/rpc";
import type { Problem } from "./answer.ts";
import type { AppPlace } from "./grant.ts";

/** Did the daemon say that it could not reach the port (rather than nobody reach the daemon)? */
const isRefusedDial = ({ code, message, cause }: RpcError): boolean => {
  const text = cause instanceof Error ? cause.message : message;
  return (
    code === Code.Unavailable &&
    /^cannot connect to |dial tcp|connection refused/i.test(text) &&
    !text.startsWith("No connection established")
  );
};

/**
 * What the user is told when the connection to an app ended without an answer.
 * @param error undefined when the app closed it
 */
export const upstreamProblem = (
  { port, workspace }: AppPlace,
  error: RpcError | undefined,
): Omit<Problem, "requestId"> => {
  if (error === undefined) {
    return {
      status: 502,
      code: "bad_gateway",
      title: "The app closed the connection",
      message: `What listens on port ${port} of ${workspace} closed the connection without an answer.`,
    };
  }
  if (isRefusedDial(error)) {
    return {
      status: 502,
      code: "bad_gateway",
      title: "Nothing listens here",
      message: `Nothing listens on port ${port} of the workspace ${workspace}. Start the app and load this page again.`,
    };
  }
  return {
    status: 503,
    code: "unavailable",
    title: "The workspace cannot be reached",
    message: `The workspace ${workspace} cannot be reached now; try again shortly.`,
    headers: [["retry-after", "2"]],
  };
};

/** What the user is told when the app's answer is no HTTP. @param detail of a `HeadError` */
export const badAnswerProblem = ({ port }: AppPlace, detail: string): Omit<Problem, "requestId"> => ({
  status: 502,
  code: "bad_gateway",
  title: "The app did not answer in HTTP",
  message: `What listens on port ${port} gave an answer that is not valid HTTP: ${detail}`,
});
