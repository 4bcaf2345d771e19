import type { ZodType } from "zod";
import { ProviderError } from "./provider.ts";

const timeoutMs = 10_000;
const maxBytes = 8 * 1024 * 1024;

export interface ApiRequest {
  readonly url: string | URL;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as a bearer token. */
  readonly token?: string;
}

const readLimited = async (response: Response): Promise<Uint8Array> => {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > maxBytes) throw new Error("the answer is too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
};

/**
 * GETs something of a provider's API.
 * @returns undefined when it does not exist (404)
 * @throws ProviderError
 */
export const getBytes = async ({
  url,
  headers,
  token,
}: ApiRequest): Promise<{ body: Uint8Array; headers: Headers } | undefined> => {
  try {
    const response = await fetch(url, {
      headers: {
        "user-agent": "k8shell",
        ...headers,
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (response.status === 404) {
      await response.body?.cancel();
      return undefined;
    }
    if (response.status === 401 || response.status === 403) {
      await response.body?.cancel();
      throw new ProviderError("refused", "the identity provider does not accept the user's token any more");
    }
    if (!response.ok) {
      await response.body?.cancel();
      throw new Error(`status ${response.status}`);
    }
    return { body: await readLimited(response), headers: response.headers };
  } catch (cause) {
    if (cause instanceof ProviderError) throw cause;
    throw new ProviderError("unavailable", "the identity provider does not answer", { cause });
  }
};

/** As `getBytes`, for JSON that must have a shape. */
export const getJson = async <T>(schema: ZodType<T>, request: ApiRequest): Promise<T | undefined> => {
  const answer = await getBytes(request);
  if (!answer) return undefined;
  try {
    return schema.parse(JSON.parse(Buffer.from(answer.body).toString("utf8")));
  } catch (cause) {
    throw new ProviderError("unavailable", "the identity provider gave an unexpected answer", { cause });
  }
};

/** A list that comes in pages of 100: asks for them one by one until one is not full, at most ten. */
export const getPages = async <T>(schema: ZodType<T[]>, request: ApiRequest): Promise<T[] | undefined> => {
  const items: T[] = [];
  for (let page = 1; page <= 10; page++) {
    const url = new URL(request.url);
    url.searchParams.set("per_page", "100");
    url.searchParams.set("page", String(page));
    const found = await getJson(schema, { ...request, url });
    if (!found) return page === 1 ? undefined : items;
    items.push(...found);
    if (found.length < 100) break;
  }
  return items;
};

/** Path segments of a URL, each encoded. @throws ProviderError for `.` and `..`, which encoding leaves alone */
export const pathOf = (...segments: string[]): string =>
  segments
    .map((segment) => {
      if (segment === "" || segment === "." || segment === "..")
        throw new ProviderError("refused", "not the name of a repository");
      return encodeURIComponent(segment);
    })
    .join("/");

/** The keys a provider publishes at `<address>/<login>.keys`, one a line. */
export const publishedKeys = async (baseUrl: string, login: string): Promise<string[]> => {
  const answer = await getBytes({ url: `${baseUrl}/${pathOf(login)}.keys` });
  return Buffer.from(answer?.body ?? [])
    .toString("utf8")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
};
