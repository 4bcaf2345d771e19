import type { AppAnswer, AppClient } from "./app-client.ts";

/** As much of a browser as signing in needs: cookies for each host, and redirects. */
export interface TestBrowser {
  /** Loads a page and follows its redirects. */
  open(url: string): Promise<AppAnswer & { readonly url: string; readonly visited: readonly string[] }>;
  /** One request, without following. */
  fetch(url: string, headers?: Readonly<Record<string, string>>, method?: string): Promise<AppAnswer>;
  /** `name=value; …` for a host, as the browser would send it. */
  cookies(host: string): string;
}

const navigation = { accept: "text/html", "sec-fetch-mode": "navigate", "sec-fetch-site": "none" };

/** A browser signed in to the API's host by a link, or by none. */
export const createBrowser = async (client: Pick<AppClient, "call">, link?: string): Promise<TestBrowser> => {
  const jars = new Map<string, Map<string, string>>();
  const cookies = (host: string) =>
    [...(jars.get(host) ?? [])].map(([name, value]) => `${name}=${value}`).join("; ");
  const fetch: TestBrowser["fetch"] = async (url, headers = navigation, method = "GET") => {
    const { host, pathname, search } = new URL(url);
    const cookie = cookies(host);
    const answer = await client.call(0, `${pathname}${search}`, {
      host,
      method,
      headers: { ...headers, ...(cookie === "" ? {} : { cookie }) },
    });
    for (const line of answer.headers["set-cookie"] ?? []) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      const jar = jars.get(host) ?? new Map<string, string>();
      if (/max-age=0/i.test(line)) jar.delete(name);
      else jar.set(name, value);
      jars.set(host, jar);
    }
    return answer;
  };
  const open: TestBrowser["open"] = async (first) => {
    const visited: string[] = [];
    let url = first;
    for (let hop = 0; hop < 10; hop += 1) {
      visited.push(url);
      const answer = await fetch(url);
      const { location } = answer.headers;
      if (location === undefined) return { ...answer, url, visited };
      url = new URL(location, url).href;
    }
    throw new Error(`too many redirects: ${visited.join(" ")}`);
  };
  const browser = { open, fetch, cookies };
  if (link !== undefined) await open(link);
  return browser;
};
