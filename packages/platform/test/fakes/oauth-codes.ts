import { createHash, randomBytes } from "node:crypto";
import type { FakeRequest } from "./http-server.ts";

interface Grant {
  readonly redirectUri: string;
  readonly challenge: string;
}

/** The authorization-code half of an OAuth server, strict about what a client must repeat. Stands for any of them. */
export const createOAuthCodes = (client: { id: string; secret: string }) => {
  const grants = new Map<string, Grant>();
  return {
    /** Answers the authorization request as if the person had agreed: the address the browser is sent to. */
    authorize({ url }: FakeRequest): string {
      const query = url.searchParams;
      const redirectUri = query.get("redirect_uri") ?? "";
      if (query.get("client_id") !== client.id || query.get("code_challenge_method") !== "S256")
        throw new Error("not an authorization request of this client");
      const code = randomBytes(8).toString("hex");
      grants.set(code, { redirectUri, challenge: query.get("code_challenge") ?? "" });
      const target = new URL(redirectUri);
      target.searchParams.set("code", code);
      target.searchParams.set("state", query.get("state") ?? "");
      return target.href;
    },
    isClient: ({ form }: FakeRequest): boolean =>
      form.get("client_id") === client.id && form.get("client_secret") === client.secret,
    /** Whether a token request redeems a code; a code is good once. */
    redeem({ form }: FakeRequest): boolean {
      const code = form.get("code") ?? "";
      const grant = grants.get(code);
      grants.delete(code);
      const verifier = form.get("code_verifier") ?? "";
      return (
        grant !== undefined &&
        grant.redirectUri === form.get("redirect_uri") &&
        grant.challenge === createHash("sha256").update(verifier).digest("base64url")
      );
    },
  };
};
