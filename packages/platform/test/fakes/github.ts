import { type FakeAnswer, type FakeRequest, startHttpServer } from "./http-server.ts";
import { createOAuthCodes } from "./oauth-codes.ts";

export const githubClient = { id: "Iv1.fake", secret: "github-secret" };

export interface FakeGithub {
  readonly origin: string;
  /** Who agrees at the authorization page. */
  account: { id: number; login: string; name: string; email: string; verified: boolean };
  keys: string[];
  /** Whether the person has typed the device code. */
  deviceApproved: boolean;
  /** Whether the site answers at all. */
  down: boolean;
}

/**
 * Stands for github.com: the site's OAuth endpoints (which answer errors with status 200) and the few parts of the REST
 * API that Identity uses. The person at the browser agrees at once.
 * @param atEnd as for `startHttpServer`
 */
export const startFakeGithub = async (atEnd?: (stop: () => Promise<void>) => void): Promise<FakeGithub> => {
  const codes = createOAuthCodes(githubClient);
  const token = "gho_fake";
  let polls = 0;

  const tokenEndpoint = (request: FakeRequest): FakeAnswer => {
    const granted = { body: { access_token: token, token_type: "bearer", scope: "repo,user" } };
    if (!codes.isClient(request)) return { body: { error: "incorrect_client_credentials" } };
    if (request.form.get("grant_type") === "urn:ietf:params:oauth:grant-type:device_code") {
      polls++;
      return github.deviceApproved && polls > 1 ? granted : { body: { error: "authorization_pending" } };
    }
    return codes.redeem(request) ? granted : { body: { error: "bad_verification_code" } };
  };

  const api = ({ url }: FakeRequest): FakeAnswer => {
    const { id, login, name, email, verified } = github.account;
    const repo = (owner: string, repoName: string) => ({
      name: repoName,
      full_name: `${owner}/${repoName}`,
      description: null,
      private: true,
      default_branch: "main",
      html_url: `${github.origin}/${owner}/${repoName}`,
      owner: { login: owner },
    });
    switch (url.pathname) {
      case "/api/user":
        return { body: { id, login, name, bio: null, avatar_url: "https://avatars.test/1" } };
      case "/api/user/emails":
        return {
          body: [
            { email: "other@x.test", primary: false, verified: true },
            { email, primary: true, verified },
          ],
        };
      case "/api/user/orgs":
        return { body: [{ id: 9, login: "acme", description: "Acme" }] };
      case "/api/user/repos":
        return { body: [repo(login, "dotfiles")] };
      case "/api/orgs/acme/repos":
        return { body: [repo("acme", "portal")] };
      case "/api/repos/acme/portal/contents/.k8shell.yaml":
        return { body: `# at ${url.searchParams.get("ref") ?? "the default branch"}\nblueprint: {}\n` };
      default:
        return { status: 404, body: { message: "Not Found" } };
    }
  };

  const answer = (request: FakeRequest): FakeAnswer => {
    const { pathname } = request.url;
    if (github.down) return { status: 503, body: "unicorn" };
    if (pathname === "/login/oauth/authorize")
      return { status: 302, headers: { location: codes.authorize(request) } };
    if (pathname === "/login/oauth/access_token") return tokenEndpoint(request);
    if (pathname === "/login/device/code")
      return {
        body: {
          device_code: "device-code",
          user_code: "WDJB-MJHT",
          verification_uri: `${github.origin}/login/device`,
          expires_in: 900,
          interval: 1,
        },
      };
    if (pathname === `/${github.account.login}.keys`) return { body: `${github.keys.join("\n")}\n` };
    if (request.headers.authorization !== `Bearer ${token}`)
      return { status: 401, body: { message: "Bad credentials" } };
    return api(request);
  };

  const github: FakeGithub = {
    origin: await startHttpServer(answer, atEnd),
    account: { id: 42, login: "Octo", name: "Octo Cat", email: "octo@x.test", verified: true },
    keys: [],
    deviceApproved: false,
    down: false,
  };
  return github;
};
