import { type FakeAnswer, type FakeRequest, startHttpServer } from "./http-server.ts";
import { createOAuthCodes } from "./oauth-codes.ts";

export const gitlabClient = { id: "gitlab-app", secret: "gitlab-secret" };

/**
 * Stands for gitlab.com: its OAuth endpoints, whose access tokens last two hours and whose refresh tokens are good once,
 * and the few parts of the REST API that Identity uses. The person at the browser agrees at once.
 */
export const startFakeGitlab = async (): Promise<{ origin: string; issued: () => number }> => {
  const codes = createOAuthCodes(gitlabClient);
  let issued = 0;

  const grant = (): FakeAnswer => {
    issued++;
    return {
      body: {
        access_token: `access-${issued}`,
        refresh_token: `refresh-${issued}`,
        token_type: "Bearer",
        expires_in: 7200,
      },
    };
  };
  const tokenEndpoint = (request: FakeRequest): FakeAnswer => {
    const refused = { status: 400, body: { error: "invalid_grant" } };
    if (!codes.isClient(request)) return { status: 401, body: { error: "invalid_client" } };
    if (request.form.get("grant_type") === "refresh_token")
      return request.form.get("refresh_token") === `refresh-${issued}` ? grant() : refused;
    return codes.redeem(request) ? grant() : refused;
  };

  const api = (path: string, query: URLSearchParams): FakeAnswer => {
    const project = (owner: string, name: string) => ({
      path: name,
      path_with_namespace: `${owner}/${name}`,
      visibility: "private",
      default_branch: "main",
      web_url: `https://gitlab.test/${owner}/${name}`,
    });
    switch (path) {
      case "/user":
        return {
          body: { id: 7, username: "tanuki", name: "Tan Uki", email: "t@x.test", confirmed_at: "2026-01-01" },
        };
      case "/groups":
        return { body: [{ full_path: "acme/tools", description: "" }] };
      case "/groups/acme%2Ftools/projects":
        return { body: [project("acme/tools", "hammer")] };
      case "/users/tanuki/projects":
        return { body: [project("tanuki", "den")] };
      case "/projects/acme%2Ftools%2Fhammer/repository/files/.k8shell.yaml/raw":
        return { body: `# at ${query.get("ref")}\n` };
      default:
        return { status: 404, body: { message: "404 Not Found" } };
    }
  };

  const origin = await startHttpServer((request) => {
    const { pathname, searchParams } = request.url;
    if (pathname === "/oauth/authorize")
      return { status: 302, headers: { location: codes.authorize(request) } };
    if (pathname === "/oauth/token") return tokenEndpoint(request);
    if (pathname === "/tanuki.keys") return { body: "" };
    if (request.headers.authorization !== `Bearer access-${issued}`) return { status: 401, body: {} };
    return api(pathname.replace("/api/v4", ""), searchParams);
  });
  return { origin, issued: () => issued };
};
