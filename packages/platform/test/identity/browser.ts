import type { EmbeddedIdentity } from "../../src/identity/index.ts";

export interface Page {
  readonly status: number;
  readonly location: string | null;
  readonly text: string;
  readonly headers: Headers;
}

/** A browser as far as the sign-in pages need one: it keeps cookies and sends forms. */
export const createBrowser = (signIn: EmbeddedIdentity["signIn"], origin = "http://k8shell.test:9101") => {
  const cookies = new Map<string, string>();
  const send = async (path: string, init: RequestInit = {}): Promise<Page> => {
    const headers = new Headers(init.headers);
    if (cookies.size > 0)
      headers.set("cookie", [...cookies].map(([key, value]) => `${key}=${value}`).join("; "));
    const response = await signIn(new Request(new URL(path, origin), { ...init, headers }));
    for (const line of response.headers.getSetCookie()) {
      const [, name = "", value = "", attributes = ""] = /^([^=]+)=([^;]*)(.*)$/.exec(line) ?? [];
      if (/max-age=0/i.test(attributes)) cookies.delete(name);
      else cookies.set(name, value);
    }
    return {
      status: response.status,
      location: response.headers.get("location"),
      text: await response.text(),
      headers: response.headers,
    };
  };
  return {
    cookies,
    open: (path: string) => send(path),
    /** Sends the form of a page with these fields filled in. */
    submit: (page: Page, fields: Record<string, string>, headers: Record<string, string> = {}) => {
      const hidden = [...page.text.matchAll(/type="hidden" name="([^"]+)" value="([^"]*)"/g)];
      const body = new URLSearchParams(hidden.map(([, name = "", value = ""]) => [name, value]));
      for (const [name, value] of Object.entries(fields)) body.set(name, value);
      return send("/signin", { method: "POST", body, headers });
    },
    post: (body: string, headers: Record<string, string>) =>
      send("/signin", { method: "POST", body, headers }),
  };
};
