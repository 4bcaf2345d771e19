/** A person at a web site, as far as HTML forms and cookies go: follows redirects and fills in what it is asked. */
export const createVisitor = (answers: Record<string, string>) => {
  const cookies = new Map<string, string>();

  const load = async (url: URL, init: RequestInit): Promise<Response> => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(url, { ...init, redirect: "manual", headers: { ...init.headers, cookie } });
    for (const line of response.headers.getSetCookie()) {
      const [pair = ""] = line.split(";");
      const at = pair.indexOf("=");
      cookies.set(pair.slice(0, at), pair.slice(at + 1));
    }
    return response;
  };

  /** The form of a page, filled in; undefined when there is none. */
  const formOf = (html: string, base: URL): { action: URL; body: URLSearchParams } | undefined => {
    const form = /<form[^>]*action="([^"]*)"[^>]*>([\s\S]*?)<\/form>/.exec(html);
    if (!form) return undefined;
    const body = new URLSearchParams();
    for (const [input] of (form[2] ?? "").matchAll(/<(?:input|button)[^>]*>/g)) {
      const name = /name="([^"]*)"/.exec(input)?.[1];
      if (name) body.set(name, answers[name] ?? /value="([^"]*)"/.exec(input)?.[1] ?? "");
    }
    return { action: new URL(form[1] ?? "", base), body };
  };

  /**
   * Goes to an address and on, until it is sent to `until` or there is nothing left to fill in.
   * @returns the address it ended at
   */
  return async (start: string, until: string): Promise<URL> => {
    let url = new URL(start);
    let init: RequestInit = {};
    for (let step = 0; step < 20; step++) {
      const response = await load(url, init);
      const location = response.headers.get("location");
      init = {};
      if (location !== null) {
        url = new URL(location, url);
        if (url.href.startsWith(until)) return url;
        continue;
      }
      const form = formOf(await response.text(), url);
      if (!form) return url;
      url = form.action;
      init = { method: "POST", body: form.body };
    }
    throw new Error(`never arrived at ${until}, last at ${url.href}`);
  };
};
