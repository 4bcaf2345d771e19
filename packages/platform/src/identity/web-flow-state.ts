import { Code, RpcError } from "@k8shell/rpc";
import { z } from "zod";

const maxStateLength = 8192;
const base64url = /^[A-Za-z0-9_-]+$/;
const wrapped = z.object({ s: z.string(), c: z.string().optional(), p: z.boolean().optional() });

const encode = (text: string): string => Buffer.from(text, "utf8").toString("base64url");

const decode = (text: string): string => {
  if (!base64url.test(text)) throw new RpcError(Code.InvalidArgument, "the state is not valid");
  return Buffer.from(text, "base64url").toString("utf8");
};

/**
 * The OAuth state of a web flow (grpc-behaviour section 6 "Login flows"): base64url of `<provider>:<nonce>`, wrapped
 * in base64url JSON `{"s","c","p"}` when a command line waits or a PAT is wanted.
 */
export const encodeState = (flow: {
  provider: string;
  nonce: string;
  cliState: string;
  createPat: boolean;
}): string => {
  const plain = encode(`${flow.provider}:${flow.nonce}`);
  if (flow.cliState === "" && !flow.createPat) return plain;
  return encode(JSON.stringify({ s: plain, c: flow.cliState, p: flow.createPat }));
};

/**
 * The provider a state names.
 * @throws RpcError InvalidArgument when the text is no state
 */
export const providerOfState = (state: string): string => {
  const invalid = () => new RpcError(Code.InvalidArgument, "the state is not valid");
  if (state.length > maxStateLength) throw invalid();
  let plain = decode(state);
  if (plain.startsWith("{")) {
    try {
      plain = decode(wrapped.parse(JSON.parse(plain)).s);
    } catch {
      throw invalid();
    }
  }
  const [provider, nonce] = plain.split(":");
  if (!provider || !nonce) throw invalid();
  return provider;
};
