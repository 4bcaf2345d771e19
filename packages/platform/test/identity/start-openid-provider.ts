import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import Provider from "oidc-provider";
import { onTestFinished, vi } from "vitest";

export const openidClient = { id: "k8shell", secret: "openid-secret" };

/** Claims of an account, by the login typed at the provider. */
export type Accounts = Record<
  string,
  { preferred_username?: string; email?: string; email_verified?: boolean; name?: string }
>;

/** Starts a real OpenID provider with its own sign-in and consent pages on a free port, for the length of a test. */
export const startOpenidProvider = async (accounts: Accounts, redirectUris: string[]): Promise<string> => {
  // It warns on the console that its pages and keys are for development.
  vi.spyOn(console, "warn").mockImplementation(() => {});
  vi.spyOn(console, "info").mockImplementation(() => {});
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: openidClient.id,
        client_secret: openidClient.secret,
        redirect_uris: redirectUris,
        grant_types: ["authorization_code", "urn:ietf:params:oauth:grant-type:device_code"],
        response_types: ["code"],
      },
    ],
    claims: {
      openid: ["sub"],
      profile: ["name", "preferred_username"],
      email: ["email", "email_verified"],
    },
    features: { deviceFlow: { enabled: true } },
    findAccount: (_context, id) => ({
      accountId: id,
      claims: async () => ({ sub: `sub-${id}`, ...accounts[id] }),
    }),
    cookies: { keys: ["cookie-key"] },
  });
  server.on("request", provider.callback());
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
        vi.restoreAllMocks();
      }),
  );
  return issuer;
};
