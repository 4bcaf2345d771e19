import { type FakeRequest, startHttpServer } from "./http-server.ts";

export interface FakeKubernetes {
  /** A kubeconfig for this API, as YAML. */
  readonly kubeconfig: string;
  readonly requests: FakeRequest[];
}

/** Stands for a Kubernetes API server: TokenRequest for the service account `dev` of namespace `team-a`, nothing else. */
export const startFakeKubernetes = async (): Promise<FakeKubernetes> => {
  const requests: FakeRequest[] = [];
  const status = (code: number, reason: string) => ({
    status: code,
    body: { kind: "Status", apiVersion: "v1", status: "Failure", reason, code },
  });
  const origin = await startHttpServer((request) => {
    requests.push(request);
    const { pathname } = request.url;
    if (request.headers.authorization !== "Bearer cluster-token") return status(401, "Unauthorized");
    if (pathname.includes("/namespaces/forbidden/")) return status(403, "Forbidden");
    if (request.method !== "POST" || pathname !== "/api/v1/namespaces/team-a/serviceaccounts/dev/token")
      return status(404, "NotFound");
    const { expirationSeconds } = JSON.parse(request.body).spec;
    const expirationTimestamp = new Date(1_900_000_000_000 + expirationSeconds * 1000).toISOString();
    return {
      status: 201,
      body: {
        kind: "TokenRequest",
        apiVersion: "authentication.k8s.io/v1",
        spec: { audiences: [] },
        status: { token: "sa-token", expirationTimestamp },
      },
    };
  });
  const kubeconfig = JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "fake", cluster: { server: origin, "insecure-skip-tls-verify": true } }],
    users: [{ name: "server", user: { token: "cluster-token" } }],
    contexts: [{ name: "fake", context: { cluster: "fake", user: "server" } }],
    "current-context": "fake",
  });
  return { kubeconfig, requests };
};
