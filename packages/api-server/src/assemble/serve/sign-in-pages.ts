import { SignInPagesService } from "@k8shell/contract/gen/k8shell/signin/v1/signin_pb.js";
import { type Client, Code, RpcError, register, type ServiceRegistration } from "@k8shell/rpc";

/** Serves everything below /signin: a request in, a response out. */
export type SignInPages = (request: Request) => Promise<Response>;

const pairs = (headers: Headers) => [...headers].map(([name, value]) => ({ name, value }));

const toRequest = (method: string, url: string, headers: Headers, body: Uint8Array): Request => {
  try {
    const content = method === "GET" || method === "HEAD" ? undefined : new Uint8Array(body);
    return new Request(url, { method, headers, body: content });
  } catch (cause) {
    throw new RpcError(Code.InvalidArgument, "not a request", { cause });
  }
};

const toHeaders = (list: readonly { name: string; value: string }[]): Headers => {
  const headers = new Headers();
  try {
    for (const { name, value } of list) headers.append(name, value);
  } catch (cause) {
    throw new RpcError(Code.InvalidArgument, "not a header", { cause });
  }
  return headers;
};

/** Identity's sign-in pages as a gRPC service, beside Identity's own. */
export const serveSignInPages = (pages: SignInPages): ServiceRegistration =>
  register(SignInPagesService, {
    async respond({ method, url, headers, body }) {
      const response = await pages(toRequest(method, url, toHeaders(headers), body));
      return {
        status: response.status,
        headers: pairs(response.headers),
        body: new Uint8Array(await response.arrayBuffer()),
      };
    },
  });

const bodiless: ReadonlySet<number> = new Set([204, 205, 304]);

/** The sign-in pages of a remote Identity; not found where it has none, as the platform's own. */
export const remoteSignInPages =
  (client: Client<typeof SignInPagesService>): SignInPages =>
  async (request) => {
    try {
      const { status, headers, body } = await client.respond({
        method: request.method,
        url: request.url,
        headers: pairs(request.headers),
        body: new Uint8Array(await request.arrayBuffer()),
      });
      const content = bodiless.has(status) ? null : new Uint8Array(body);
      return new Response(content, { status, headers: toHeaders(headers) });
    } catch (error) {
      if (!(error instanceof RpcError) || error.code !== Code.Unimplemented) throw error;
      return new Response("There are no sign-in pages here.\n", {
        status: 404,
        headers: { "content-type": "text/plain; charset=utf-8" },
      });
    }
  };
